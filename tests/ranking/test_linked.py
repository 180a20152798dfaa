"""Links: a list without what the article itself links to."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from contracts import StageContract, as_lists

from recommender import ArticleRecommender, read_articles
from recommender.ranking import Context, NoLinked, Ranked, apply_stages


class TestNoLinked(StageContract):
    """Each article links to its second neighbor, and its third is the next page."""

    stage = NoLinked()

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Links as paths of the files, and as addresses with an anchor."""
        lists, context = neighborhood
        ids = context.articles["id"]
        links = [[f"/{ids[near[1]]}#top", "https://example.org/"] for near in lists.indices]
        beside = [[f"/{ids[near[2]]}"] if near[2] >= 0 else None for near in lists.indices]
        articles = context.articles.assign(links=links, adjacent=beside)
        return context._replace(articles=articles, seeds=articles)

    def test_only_linked_articles_are_dropped(self, before: Ranked, after: Ranked) -> None:
        """The second and the third entry are gone, the rest stays in its order."""
        for old, new in zip(as_lists(before), as_lists(after), strict=True):
            assert new == old[:1] + old[3:]

    def test_a_second_pass_changes_nothing(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        assert apply_stages(after, context, [NoLinked()]) is after

    def test_a_fitted_stage_gives_the_same(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The addresses of the site are learned once."""
        assert as_lists(NoLinked().fitted(context)(before, context)) == as_lists(after)


ARTICLES = pd.DataFrame(
    {
        "id": ["a.md", "b.md", "c.md"],
        "title": "",
        "text": "Rye bread for the sea.",
        "links": [["b.md"], [], ["/nowhere/", "c.md"]],
    }
)


def test_linked_articles_are_left_out_by_the_setting() -> None:
    """A link counts in its own direction only; a new article's links count too."""
    model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, min_items=0, skip_linked=True)
    found = model.fit(ARTICLES).recommend().groupby("article_id")["related_id"].apply(list)
    assert dict(found) == {"a.md": ["c.md"], "b.md": ["a.md", "c.md"], "c.md": ["a.md", "b.md"]}
    new = model.recommend_for(ARTICLES[:1].assign(id="new.md", links=[["/c/", "a.md"]]))
    assert new["related_id"].tolist() == ["b.md"]


def test_built_pages_name_the_pages_beside_them(tmp_path: Path) -> None:
    """In the head or in the page, once each."""
    words = "Sow rye early in the autumn, before the first frost comes over the fields. " * 3
    links = (
        '<link rel="prev" href="https://x.org/rye/"><a rel="nofollow next" href="../oats/">Next</a>'
        '<a rel="previous" href="/rye/">Before</a><a rel="nofollow" href="/other/">Other</a>'
    )
    (tmp_path / "corn").mkdir()
    page = f"<title>Corn</title><article><h1>Corn</h1><p>{words}</p></article>{links}"
    (tmp_path / "corn" / "index.html").write_text(page, encoding="utf-8")
    assert read_articles(tmp_path)["adjacent"].tolist() == [["/rye/", "/oats/"]]

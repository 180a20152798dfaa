"""Near-duplicates: what they are, and that a list shows one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import Context, NoDuplicates, Ranked, apply_stages, near_duplicate_groups

BODY = " ".join(f"word{number}" for number in range(60))


class TestNoDuplicates(StageContract):
    """Of three articles in a row with one text, one stays."""

    stage = NoDuplicates(0.9)

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Rows 0, 1, 2 are copies, and so on; the middle one is the newest."""
        context = neighborhood[1]
        rows = context.articles.index
        days = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rows % 3 % 2, "D")
        articles = context.articles.assign(title="", lang="en", date=days)
        articles["text"] = [f"{BODY} {row // 3}" * 9 for row in rows]
        return context._replace(articles=articles, seeds=articles)

    def test_a_group_comes_once_by_its_newest_candidate(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """Each list keeps, of each group, the newest article that search found."""
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            best: dict[int, int] = {}
            for index, _ in sorted(old, key=lambda entry: (entry[0] % 3 != 1, entry[0])):
                best.setdefault(index // 3, index)
            best.pop(row // 3, None)
            assert [i for i, _ in new] == [i for i, _ in old if best.get(i // 3) == i]

    def test_a_second_pass_changes_nothing(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        assert apply_stages(after, context, [type(self).stage]) is after

    def test_a_fitted_stage_gives_the_same(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The groups of the site are the same at every call."""
        fitted = NoDuplicates(0.9).fitted(context)
        assert (fitted(before, context).indices == after.indices).all()


def table(*texts: str, **columns: Any) -> pd.DataFrame:
    """Return articles with these texts and no titles."""
    return pd.DataFrame({"title": "", "text": texts, "lang": ""} | columns)


def everyone(n: int, score: float = 1.0) -> Neighbors:
    """Return the graph in which every article is as near to every other."""
    others = [[i for i in range(n) if i != row] for row in range(n)]
    indices = np.array(others, np.int32).reshape(n, max(n - 1, 0))
    return Neighbors(indices, np.full(indices.shape, score, np.float32))


def groups(articles: pd.DataFrame, score: float = 0.9, cosine: float = 1.0) -> list[list[int]]:
    """Return the groups as lists."""
    graph = everyone(len(articles), cosine)
    return [rows.tolist() for rows in near_duplicate_groups(graph, articles, score)]


def test_copies_with_a_few_other_words_are_one_group() -> None:
    """58 + 4 of 62 runs in common are enough for 0.9; a sibling with other words is not."""
    changed = BODY.replace("word30", "other").replace("word40", "other")
    articles = table(BODY, f"{BODY} and more", changed, "something else")
    assert groups(articles) == [[0, 1]]
    assert groups(articles, 0.7) == [[0, 1, 2]]
    assert groups(articles, 0.9, cosine=0.89) == []


def test_equal_articles_are_a_group_even_if_search_did_not_find_them() -> None:
    """The same title and text are a copy at any cosine; the same title alone is none."""
    assert groups(table("rye", "rye"), cosine=0.0) == [[0, 1]]
    assert groups(table("", "", title="Rye"), cosine=0.0) == []
    assert groups(table("", "", title="Rye"), cosine=0.95) == [[0, 1]]


def test_translations_are_no_copies() -> None:
    """Equal pages that are known to be in different languages are not of one group."""
    assert groups(table(BODY, BODY, lang=["en", "de"])) == []
    assert groups(table(BODY, BODY, lang=["en-GB", "en"])) == [[0, 1]]
    assert groups(table(BODY, f"{BODY} x", lang=["en", ""])) == [[0, 1]]


def test_nothing_has_no_groups() -> None:
    """No articles, or one, are not an error."""
    assert groups(table()) == groups(table(BODY)) == []


@given(st.lists(st.sampled_from("abc"), max_size=8))
def test_groups_do_not_overlap_and_have_two_members_at_least(letters: list[str]) -> None:
    """Each article is in one group at most, with all its copies."""
    found = groups(table(*(f"{letter} {BODY}" * 20 for letter in letters)), 1.0)
    expected = [[i for i, other in enumerate(letters) if other == one] for one in letters]
    assert found == [list(rows) for rows in dict.fromkeys(map(tuple, expected)) if len(rows) > 1]


def test_a_new_article_does_not_get_its_copy() -> None:
    """A draft of a published article is compared with the articles found for it."""
    texts = [f"{BODY} rye", f"{BODY} rye", f"rye {BODY[:120]}", "rye oats"]
    articles = pd.DataFrame({"id": ["a", "b", "c", "d"], "title": "", "text": texts})
    model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, duplicate_score=0.9)
    model.fit(articles)
    found = model.recommend_for(pd.DataFrame({"id": ["new"], "title": "", "text": texts[:1]}))
    assert found["related_id"].tolist() == ["c", "d"]
    assert model.recommend(["c"])["related_id"].tolist() == ["a", "d"]


@pytest.mark.parametrize(
    ("column", "link", "kept"),
    [
        ("canonical", "/a/", "a.md"), ("canonical_url", "https://x.example/a/", "a.md"),
        ("canonicalURL", "a.md", "a.md"), ("canonical", "https://x.example/b/", "b.md"),
        ("canonical", "https://elsewhere.example/other/", "b.md"), ("canonical", "/c/", "b.md"),
        ("canonical", None, "b.md"), ("canonical", float("nan"), "b.md"),
    ],
)  # fmt: skip
def test_the_original_that_a_copy_names_stays(column: str, link: Any, kept: str) -> None:
    """Else the newest does: if the copy names itself, another site, or an article outside."""
    articles = pd.DataFrame({
        "id": ["a.md", "b.md", "c.md", "d.md"], "title": ["Rye", "Rye!", "Oats", "Oats bread"],
        "text": [BODY, BODY, "word1 word2 oats", "word1 word2 oats bread"],
        "url": ["/a/", "/b/", "/c/", "/d/"],
        "date": ["2020-01-01", "2022-01-01", "2021-01-01", "2021-01-01"],
        column: ["", link, "", ""],
    })  # fmt: skip
    settings = {"duplicate_score": 0.9, "min_score": 0.0, "min_items": 0, "max_df": 1.0}
    model = ArticleRecommender(**settings, repeated_titles=True).fit(articles)
    shown = set(model.recommend(["d.md"])["related_id"])
    assert shown & {"a.md", "b.md"} == {kept}

"""Filters: what an editor does not want in a list, and what is unlisted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from contracts import StageContract, as_lists

from recommender import ArticleRecommender, read_articles
from recommender.errors import ConfigError
from recommender.ranking import Context, Filters, Ranked, apply_stages, fit_stages
from recommender.sources import SourceOptions, read_source
from recommender.text.rules import parse_pair, parse_rule


class TestFilters(StageContract):
    """Some targets, sources and pairs are left out."""

    stage = Filters(
        ("category=science", "id=*1*"), ("tags=snakes",), ("category=sport -> category=local",)
    )

    def test_only_what_a_rule_names_is_dropped(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The lists are those before without the excluded pairs, in the same order."""
        stage = type(self).stage
        targets = [parse_rule(rule).matches(context.articles) for rule in stage.never_target]
        (source,) = (parse_rule(rule).matches(context.articles) for rule in stage.never_source)
        first, second = parse_pair(stage.never_pair[0])
        left, right = first.matches(context.articles), second.matches(context.articles)
        expected = [
            [
                (i, score)
                for i, score in found
                if not (source[row] or any(target[i] for target in targets))
                and not (left[row] and right[i])
            ]
            for row, found in enumerate(as_lists(before))
        ]
        assert as_lists(after) == expected
        assert as_lists(after) != as_lists(before)

    def test_filtering_twice_changes_nothing_more(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        assert apply_stages(after, context, [type(self).stage]) is after


class TestUnlisted(StageContract):
    """Unlisted articles are dropped without any rule."""

    stage = Filters()

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Every third article is unlisted."""
        context = neighborhood[1]
        articles = context.articles.assign(unlisted=context.articles.index % 3 == 0)
        return context._replace(articles=articles, seeds=articles)

    def test_an_unlisted_article_has_a_list_and_is_in_none(self, after: Ranked) -> None:
        """The first list is not empty; no list contains row 0, 3, 6, …"""
        lists = as_lists(after)
        assert lists[0]
        assert all(index % 3 for found in lists for index, _ in found)


def test_filters_check_their_columns_when_fitted(neighborhood: tuple[Ranked, Context]) -> None:
    """Stages that a user makes are checked too."""
    with pytest.raises(ConfigError, match="no column categry"):
        fit_stages([Filters(never_source=("categry=x",))], neighborhood[1])


PAIR = "Rye bread for the sea and the harbour."


def related(articles: pd.DataFrame, **parameters: Any) -> dict[str, list[str]]:
    """Return the lists of articles with the same text."""
    table = articles.assign(title="", text=PAIR)
    model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, **parameters).fit(table)
    found = model.recommend().groupby("article_id")["related_id"].apply(list)
    return dict(found)


@pytest.mark.parametrize(
    "column",
    [
        {"unlisted": [True, False, None]},
        {"noindex": ["yes", "no", ""]},
        {"noIndex": ["true", "", None]},
        {"robots": ["noindex, nofollow", "index", None]},
        {"robots": ["NONE", "nofollow", None]},
        {"robotsNoIndex": [1.0, 0.0, float("nan")]},
    ],
)
def test_a_data_frame_says_what_is_unlisted(column: dict[str, list[Any]]) -> None:
    """An unlisted article is in no list and has its own, by any of the columns."""
    found = related(pd.DataFrame({"id": ["a", "b", "c"], **column}))
    assert found == {"a": ["b", "c"], "b": ["c"], "c": ["b"]}


def test_dates_close_articles_only_at_the_time_that_is_given() -> None:
    """Without `now`, no clock is read; with it, future and expired articles are in no list."""
    articles = pd.DataFrame(
        {
            "id": ["future", "now", "over", "soon"],
            "date": ["2200-01-01", "2024-01-01", "2020-01-01", ""],
            "expirydate": ["", "9999-12-31", "2024-06-01", "2024-06-02"],
        }
    )
    everything = {"future", "now", "over", "soon"}
    assert {name for ids in related(articles).values() for name in ids} == everything
    found = related(articles, now=datetime(2024, 6, 1, tzinfo=UTC))
    assert {name for ids in found.values() for name in ids} == {"now", "soon"}
    assert set(found) == everything


def write(folder: Path, **files: str) -> Path:
    """Write files with the suffix in their names."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_markdown_says_what_is_unlisted(tmp_path: Path) -> None:
    """Front matter flags, also under [params]; an expired article that is read is like others."""
    site = write(
        tmp_path,
        a_md="---\nnoindex: true\n---\nRye",
        b_md="---\nrobots: noindex, follow\n---\nRye",
        c_md="+++\n[params]\nrobotsNoIndex = true\n+++\nRye",
        d_md="---\nexpiryDate: 2024-05-31\n---\nRye",
        e_md="---\nexpiryDate: 2024-06-02\nnoindex: false\n---\nRye",
        f_md="---\nunlisted: true\n---\nRye",
    )
    options = SourceOptions(now=datetime(2024, 6, 1, tzinfo=UTC))
    found = read_source(site, options)
    assert found.articles["unlisted"].tolist() == [True, True, True, False, False, True]
    options = SourceOptions(now=datetime(2024, 6, 1, tzinfo=UTC), expired=False)
    assert len(read_source(site, options).articles) == 5


PAGE = "<html><head>{}<title>{}</title></head><body><article><h1>{}</h1><p>{}</p></article></body>"


@pytest.mark.parametrize(("shut", "expected"), [(False, [True, False]), (True, [False, False])])
def test_built_pages_say_what_is_unlisted(tmp_path: Path, shut: bool, expected: list[bool]) -> None:
    """A page with noindex is unlisted, unless the whole site has it, as a preview does."""
    robots = '<meta name="Robots" content="NOINDEX">'
    words = "Sow rye early in the autumn, before the first frost comes over the fields. " * 3
    write(
        tmp_path,
        rye_html=PAGE.format(robots, "Rye", "Rye", words),
        oats_html=PAGE.format(robots * shut, "Oats", "Oats", words[::-1]),
    )
    articles = read_articles(tmp_path).set_index("id")
    assert articles.loc[["rye.html", "oats.html"], "unlisted"].tolist() == expected

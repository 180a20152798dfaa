"""Backfill: the order of its kinds, and what it never brings back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists, random_rows
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender
from recommender.neighbors.base import Neighbors, search_reference
from recommender.ranking import (
    ORIGINS,
    Backfill,
    Context,
    MinScore,
    NoDuplicates,
    NoTwins,
    Ranked,
    SameLanguage,
    Stage,
    apply_stages,
    first_of,
    keep,
    padded,
    ranked,
)

CODE = {name: code for code, name in enumerate(ORIGINS)}


class TestBackfill(StageContract):
    """Every list of the bundled articles is cut to two, then filled to five."""

    stage = Backfill(5)
    adds = True

    @pytest.fixture
    def before(self, neighborhood: tuple[Ranked, Context]) -> Ranked:
        """Two entries each."""
        return first_of(neighborhood[0], 2)


def table(n: int, **columns: list[Any]) -> pd.DataFrame:
    """Return an Article table of n articles; columns that are not given are empty."""
    names = [f"a{row}" for row in range(n)]
    blank: dict[str, Any] = {
        "id": names, "url": "", "title": names, "lang": "", "series": "", "category": "",
        "date": pd.to_datetime(pd.Series([None] * n), utc=True),
        "tags": [[] for _ in names], "links": [[] for _ in names],
    }  # fmt: skip
    return pd.DataFrame(blank | columns)


def random_world(rows: list[dict[str, Any]], k: int, seed: int) -> Context:
    """Return articles with random vectors, and the three nearest of each."""
    articles = table(len(rows), **{name: [row[name] for row in rows] for name in rows[0]})
    articles["date"] = pd.to_datetime(articles["date"], utc=True)
    vectors = random_rows(len(rows), 4, 0.4, seed)
    own = np.arange(len(rows), dtype=np.int32)
    found = search_reference(vectors, vectors, 3, own_rows=own)
    return Context(articles, articles, vectors, found, own, found, k)


def alone(articles: pd.DataFrame, found: list[int] | None = None) -> tuple[Ranked, Context]:
    """Return the empty list of the first article, for which the search found some others."""
    rows = np.full((1, max(len(found or []), 1)), -1, np.int32)
    scores = np.zeros(rows.shape, np.float32)
    for place, row in enumerate(found or []):
        rows[0, place], scores[0, place] = row, 0.04 - place / 1000
    nearest = Neighbors(rows, scores)
    n = len(articles)
    vectors = random_rows(n, 6, 0.0, seed=0)
    world = Context(
        articles[:1], articles, vectors, nearest, np.zeros(1, np.int32), nearest, n
    )  # fmt: skip
    return keep(ranked(nearest), np.zeros(rows.shape, np.bool_)), world


def named(lists: Ranked) -> list[tuple[int, str]]:
    """Return the first list as (row, kind of its origin)."""
    pairs = zip(lists.indices[0], lists.origins[0], strict=True)
    return [(int(row), ORIGINS[code].removeprefix("backfill:")) for row, code in pairs if row >= 0]


def test_kinds_come_in_order() -> None:
    """Series, category of what was found, tags, what was found, the newest, the most linked."""
    days = ["2024-01-01", "2023-01-01", "2022-01-01", None, None, None, None, None, None]
    articles = table(
        9,
        date=pd.to_datetime(pd.Series(days), utc=True),
        series=["Rye", "", "", "rye ", "", "", "", "", ""],
        category=["Farm", "Farm", "", "", "farm", "", "", "", ""],
        tags=[["Seed", "x"], [], [], [], [], ["seed"], [], [], []],
        links=[["a8"], ["a8", "a8"], ["a8", "a7"], [], [], [], [], [], ["a8"]],
    )
    empty, world = alone(articles, found=[6, 4])
    assert named(Backfill(9)(empty, world)) == [
        (3, "series"), (4, "category"), (5, "tag"), (6, "similar"),
        (1, "newest"), (2, "newest"), (8, "linked"), (7, "linked"),
    ]  # fmt: skip
    assert named(Backfill(2)(empty, world)) == [(3, "series"), (4, "category")]


def test_found_articles_come_before_newer_ones_of_the_same_tag() -> None:
    """Within a kind the search's order counts first, then the date."""
    days = pd.to_datetime(pd.Series(["2020", "2021", "2022", "2023"]), utc=True, format="%Y")
    articles = table(4, date=days, tags=[["a"], ["a"], ["a"], ["a"]])
    empty, world = alone(articles, found=[1])
    assert named(Backfill(3)(empty, world)) == [(1, "tag"), (3, "tag"), (2, "tag")]


def test_lists_are_filled_to_the_entries_that_are_shown() -> None:
    """`min_items` above `k` fills to `k`."""
    empty, world = alone(table(9))
    assert len(named(Backfill(7)(empty, world._replace(k=2)))) == 2
    assert Backfill(0)(empty, world) is empty


def test_far_articles_are_reached_past_thousands_that_are_removed() -> None:
    """The one other German article of a large site is found, whatever its age."""
    n = 3000
    articles = table(n, lang=["de", *["en"] * (n - 2), "de"])
    empty, world = alone(articles)
    assert named(Backfill(3, (SameLanguage(),))(empty, world)) == [(n - 1, "linked")]


def test_removing_stages_see_the_list_that_is_filled() -> None:
    """A title that is in the list is not added again, nor one that is added twice."""
    articles = table(5, title=["seed", "Rye", "rye.", "Oats", "Oats"])
    world = alone(articles, found=[1])[1]
    lists = ranked(world.found)
    filled = Backfill(5, (NoTwins(),))(lists, world)
    assert named(filled) == [(1, "similar"), (3, "linked")]
    assert filled.origins[0, 0] == CODE["similar"]
    assert len(named(Backfill(5)(lists, world))) == 4


def test_a_newer_copy_of_an_entry_is_not_added() -> None:
    """A stage that keeps the newest of a group would drop the entry; a list never shows both."""
    days = pd.to_datetime(pd.Series(["2020", "2021", "2022", "2023"]), utc=True, format="%Y")
    world = alone(table(4, date=days), found=[1])[1]
    groups = np.array([-1, 7, -1, 7])
    filled = Backfill(3, (NoDuplicates(labels=groups),))(ranked(world.found), world)
    assert named(filled) == [(1, "similar"), (2, "newest")]


def test_scores_of_added_entries_are_their_cosines() -> None:
    """Known articles and new ones alike; 0 where nothing is shared."""
    texts = ["rye oats", "rye barley", "rye oats wheat", "ferry", "harbour ferry"]
    articles = pd.DataFrame({"id": list("abcde"), "title": texts, "text": texts})
    plain = {"min_df": 1, "max_df": 1.0}
    model = ArticleRecommender(min_score=1.0, min_items=9, **plain).fit(articles)
    exact = ArticleRecommender(stages=(), **plain).fit(articles)
    for lists, all_found in [
        (model.recommend(k=9), exact.recommend(k=9)),
        (model.recommend_for(articles.tail(2).assign(id=["x", "y"]), k=9),
         exact.recommend_for(articles.tail(2).assign(id=["x", "y"]), k=9)),
    ]:  # fmt: skip
        keys = ["article_id", "related_id"]
        expected = all_found.set_index(keys)["score"]
        found = lists.set_index(keys)["score"]
        assert found[found > 0].to_dict() == expected.to_dict()
        assert (found == 0).any()
    assert len(model.recommend(k=9)) == 5 * 4


COLUMN = st.sampled_from(["", "x", "y"])
TABLES = st.lists(
    st.fixed_dictionaries(
        {"lang": st.sampled_from(["", "de", "en"]), "title": COLUMN, "series": COLUMN,
         "category": COLUMN, "tags": st.lists(st.sampled_from("pqr"), max_size=2),
         "date": st.sampled_from([None, "2020-01-01", "2021-01-01", "2022-01-01"]),
         "links": st.lists(st.sampled_from(["a0", "a1", "a2"]), max_size=2)},
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


@given(TABLES, st.integers(1, 9), st.integers(0, 9), st.integers(0, 99), st.booleans())
def test_law_of_backfill(
    rows: list[dict[str, Any]], k: int, min_items: int, seed: int, fresh: bool
) -> None:
    """It only adds, behind what is there, what no removing stage drops, and once; it is stable."""
    world = random_world(rows, k, seed)
    if fresh:
        own = np.full(len(rows), -1, np.int32)
        found = search_reference(world.vectors, world.vectors, 3, own_rows=own)
        world = world._replace(own=own, found=found, rows=world.vectors)
    removing: tuple[Stage, ...] = (SameLanguage(), NoTwins(generic=99))
    lists = apply_stages(world.found, world, [*removing, MinScore(0.5)])
    filled = Backfill(min_items, removing)(lists, world)
    wanted = min(min_items, k)
    everything = padded(lists, len(rows))
    for row, (old, new) in enumerate(zip(as_lists(lists), as_lists(filled), strict=True)):
        assert new[: len(old)] == old
        assert len({index for index, _ in new}) == len(new)
        assert fresh or row not in dict(new)
        assert len(new) <= max(len(old), wanted)
        others = [other for other in range(len(rows)) if other not in dict(new)]
        for other in others if len(new) < wanted else []:
            everything.indices[row, len(new)] = other
            everything.indices[row, : len(new)] = [index for index, _ in new]
            assert fresh or other == row or other not in apply_stages(
                everything, world, removing
            ).indices[row]  # fmt: skip
            everything.indices[row] = -1
    again = apply_stages(filled, world, removing)
    assert as_lists(again) == as_lists(filled)
    twice = Backfill(min_items, removing)(filled, world)
    assert (twice.indices == filled.indices).all()
    assert (filled.origins[filled.indices < 0] == 0).all()


class LooksAhead(NamedTuple):
    """A stage that drops nothing, but might, so that all proposals are made at once."""

    looks_ahead: bool = True

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        return lists


@given(TABLES, st.integers(1, 9), st.integers(0, 99))
def test_the_best_proposals_alone_give_the_lists_of_all(
    rows: list[dict[str, Any]], min_items: int, seed: int
) -> None:
    """Trying few proposals first is only quicker."""
    world = random_world(rows, 9, seed)
    removing: tuple[Stage, ...] = (SameLanguage(), NoTwins())
    lists = apply_stages(world.found, world, [*removing, MinScore(0.5)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recommender.ranking.backfill.FIRST_NEAR", 1)
        few = Backfill(min_items, removing)(lists, world)
    whole = Backfill(min_items, (*removing, LooksAhead()))(lists, world)
    assert [part.tolist() for part in few] == [part.tolist() for part in whole]


@given(TABLES, st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_no_article_is_added_beyond_max_inbound(
    rows: list[dict[str, Any]], min_items: int, most: int, seed: int
) -> None:
    """A list stays short only if no article that it may show has room."""
    world = random_world(rows, 9, seed)
    lists = apply_stages(world.found, world, [MinScore(0.6)])
    filled = Backfill(min_items, (), most)(lists, world)
    before, after = (
        np.bincount(part.indices[part.indices >= 0], minlength=len(rows))
        for part in (lists, filled)
    )
    assert (after <= np.maximum(before, most)).all()
    for row, entries in enumerate(as_lists(filled)):
        missing = set(range(len(rows))) - {row} - {index for index, _ in entries}
        assert len(entries) >= min_items or all(after[other] >= most for other in missing)


def test_new_articles_get_full_lists_whatever_the_limit() -> None:
    """They are in no list themselves, and a limit would need the lists of all articles."""
    articles = pd.DataFrame({"id": ["a", "b", "c"], "text": ["Rye bread", "Oat bread", "Tea"]})
    articles["title"] = ""
    model = ArticleRecommender(max_inbound=1, min_items=2, min_score=0.9).fit(articles)
    assert model.recommend()["related_id"].value_counts().max() == 1
    new = pd.DataFrame({"id": ["x", "y"], "title": "", "text": ["Tea", "Bread"]})
    assert model.recommend_for(new)["article_id"].value_counts().to_dict() == {"x": 2, "y": 2}

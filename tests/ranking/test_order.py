"""The order of a list by time and by readers: what rises, what leaves, what has no date."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st
from random_lists import entries, worlds

from recommender.articles import validate_articles
from recommender.errors import SourceError
from recommender.model import Recommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import Context, Prior, Ranked, Recency, ranked, standings

Age = Literal["any", "older", "newer"]


class TestRecency(StageContract):
    """Older articles go back, far ones leave."""

    stage = Recency(half_life=90, nearness_weight=0.5, max_days_apart=300, timeless_tags=("sea",))


class TestRecencyOlder(StageContract):
    """Newer articles leave."""

    stage = Recency(age="older")


class TestPrior(StageContract):
    """Without a column of ratings nothing moves."""

    stage = Prior()


class TestPriorViews(StageContract):
    """Articles that many read rise."""

    stage = Prior(2.0)

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Each article has ten more views than the one before."""
        context = neighborhood[1]
        articles = context.articles.assign(prior=np.arange(len(context.articles)) * 10.0)
        return context._replace(articles=articles, seeds=articles)


def world(**columns: list[Any]) -> tuple[Ranked, Context]:
    """Return the list of the first of several articles, all others at score 0.5, and a context."""
    n = len(next(iter(columns.values())))
    table = {"id": [f"{row}" for row in range(n)], "title": "", "text": ""} | columns
    articles = validate_articles(pd.DataFrame(table))
    found = Neighbors(np.arange(1, n, dtype=np.int32)[None], np.full((1, n - 1), 0.5, np.float32))
    own = np.zeros(1, np.int32)
    context = Context(articles[:1], articles, None, found, own, found, 6)
    return ranked(found), context


def order(stage: Any, lists: Ranked, context: Context) -> list[int]:
    """Return the rows of the list after a stage."""
    return [row for row, _ in as_lists(stage(lists, context))[0]]


DATES = ["2024-01-10", "2024-01-10", "2023-01-10", "2025-01-09", None]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Recency(), [1, 2, 3, 4]),
        (Recency(half_life=30), [3, 1, 4, 2]),  # no date: as the median, 2024-01-10
        (Recency(nearness_weight=0.2), [1, 2, 3, 4]),  # 0, 365 and 365 days, none
        (Recency(age="older"), [1, 2, 4]),
        (Recency(age="newer"), [1, 3, 4]),
        (Recency(max_days_apart=364), [1, 4]),
        (Recency(max_days_apart=365), [1, 2, 3, 4]),
    ],
)
def test_recency_orders_and_drops(stage: Recency, expected: list[int]) -> None:
    """The same moment is neither older nor newer; a candidate without a date always stays."""
    assert order(stage, *world(date=DATES)) == expected


def test_half_life_halves_the_key() -> None:
    """A candidate one half-life older than the newest article has half the key."""
    lists, context = world(date=["2024-01-31", "2024-01-01", "2024-01-31"])
    after = Recency(half_life=30)(lists, context)
    assert after.keys.tolist() == [[0.5, 0.25]]
    assert after.indices.tolist() == [[2, 1]]


def test_nearness_falls_to_a_third_in_a_year() -> None:
    """On the same day the factor is 1 + w, after 365 days 1 + w / e."""
    lists, context = world(date=["2024-01-01", "2024-01-01", "2023-01-01", None])
    after = Recency(nearness_weight=0.2)(lists, context)
    assert after.keys[0] == pytest.approx([0.5 * 1.2, 0.5 * (1 + 0.2 / np.e), 0.5])


def test_timeless_articles_never_grow_old() -> None:
    """Whatever its case, the tag keeps an old article in the list, with the key of a new one."""
    lists, context = world(
        date=["2024-01-01", "2020-01-01", "2024-01-01"], tags=[[], ["Guide"], []]
    )
    stage = Recency(half_life=30, age="newer", max_days_apart=9, timeless_tags=("guide",))
    after = stage(lists, context)
    assert as_lists(after) == [[(1, 0.5), (2, 0.5)]]
    assert after.keys.tolist() == [[0.5, 0.5]]


def test_recency_without_any_date_changes_nothing() -> None:
    """Articles without dates stay in their order."""
    lists, context = world(date=[None] * 4)
    assert order(Recency(half_life=1, age="older", max_days_apart=1), lists, context) == [1, 2, 3]


@given(
    worlds(pins=False),
    st.sampled_from([0.0, 30.0]),
    st.sampled_from(["any", "older", "newer"]),
    st.sampled_from([0.0, 200.0]),
)
def test_recency_only_drops_and_orders(
    drawn: tuple[Ranked, Context], half_life: float, age: Age, days: float
) -> None:
    """It adds nothing, changes no score, and orders by falling keys."""
    lists, context = drawn
    stage = Recency(half_life, 0.2, age, days, ("sea",))
    after = stage(lists, context)
    for old, new in zip(entries(lists), entries(after), strict=True):
        assert set(new) <= set(old)
    assert (np.diff(np.where(after.indices < 0, -1.0, after.keys), axis=1) <= 0).all()
    filtered = Recency(0, 0, age, days, ("sea",))(lists, context)
    again = Recency(0, 0, age, days, ("sea",))(filtered, context)
    assert (again.indices == filtered.indices).all()


def test_bayesian_average_needs_votes() -> None:
    """One vote of 5 does not beat a hundred of 4.9; no vote counts as the mean."""
    table = pd.DataFrame({"id": list("abcd"), "prior": [5, 4.9, 1, None], "votes": [1, 100, 1, 0]})
    first, second, third, none = standings(table)
    mean, m = (5 + 490 + 1) / 102, 34
    best = (490 + m * mean) / (100 + m)
    assert second == 1.0
    assert first == pytest.approx((5 + m * mean) / (1 + m) / best)
    assert none == pytest.approx(mean / best)
    assert third < none < first < second


def test_views_count_by_their_logarithm() -> None:
    """Without votes, 9 views are half of 99; a missing count has the mean standing."""
    table = pd.DataFrame({"id": list("abc"), "prior": [9, 99, None]})
    assert standings(table) == pytest.approx([0.5, 1.0, 0.75])


def test_prior_raises_what_readers_like() -> None:
    """The key grows by the weight times the standing."""
    lists, context = world(prior=[None, 9, 99])
    after = Prior(0.2)(lists, context)
    assert after.indices.tolist() == [[2, 1]]
    assert after.keys[0] == pytest.approx([0.5 * 1.2, 0.5 * 1.1])


def test_wrong_priors_are_all_named_before_the_search() -> None:
    """Cells that are no number >= 0 are one error that names each; empty ones are none."""
    table = pd.DataFrame(
        {
            "id": list("abcdef"),
            "title": "",
            "text": "rye oats",
            "prior": ["12k", "-1", "inf", "", None, "3"],
            "votes": ["many", 1, 2, 3, 4, 5],
        }
    )
    with pytest.raises(SourceError) as caught:
        Recommender(prior_weight=0.1).fit(table)
    assert caught.value.message.splitlines() == [
        "article 'a': prior must be a number >= 0, got '12k'",
        "article 'b': prior must be a number >= 0, got -1.0",
        "article 'c': prior must be a number >= 0, got inf",
        "article 'a': votes must be a number >= 0, got 'many'",
    ]
    assert len(Recommender().fit(table).articles_) == 6


def test_wrong_priors_that_are_not_named_are_counted() -> None:
    """Of more than 20 wrong values, the error names the first and counts the others."""
    table = pd.DataFrame({"id": [f"{n:02}" for n in range(23)], "prior": "many"})
    with pytest.raises(SourceError, match=r"article '19'.*\n\.\.\. and 3 more"):
        standings(table)


@given(worlds(pins=False), st.floats(0, 5))
def test_prior_only_orders(drawn: tuple[Ranked, Context], weight: float) -> None:
    """Every entry stays, with its score."""
    lists, context = drawn
    after = Prior(weight)(lists, context)
    for old, new in zip(entries(lists), entries(after), strict=True):
        assert sorted(new) == sorted(old)


def test_settings_switch_the_stages_on() -> None:
    """A list of newer articles only, as set by the parameters of the model."""
    table = pd.DataFrame(
        {
            "id": list("abc"),
            "title": "Rye",
            "text": "rye bread and oats",
            "date": ["2023-01-01", "2024-01-01", "2022-01-01"],
        }
    )
    model = Recommender(age="newer", repeated_titles=True, timeless_tags="guide").fit(table)
    lists = model.recommend()
    assert list(zip(lists["article_id"], lists["related_id"], strict=True)) == [
        ("a", "b"), ("c", "a"), ("c", "b"),
    ]  # fmt: skip
    assert Recency(age="newer", timeless_tags=("guide",)) in model.stages_

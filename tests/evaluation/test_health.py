"""How the lists of a site are: exposure, lengths, stages, ages and near-duplicates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender
from recommender.evaluation.health import (
    count_lists,
    duplicate_groups,
    exposure,
    newest_inbound,
    random_inbound,
    reach_by_age,
    score_distribution,
    stage_effects,
)
from recommender.evaluation.report import site_report, topic_map

LENGTHS = st.integers(2, 12).flatmap(
    lambda n: st.lists(st.integers(0, n - 1), min_size=n, max_size=n)
)


def test_exposure_is_worked_out_by_hand() -> None:
    """Four articles in 0, 2, 2 and 0 lists."""
    assert exposure(np.array([0, 2, 2, 0])) == {
        "reach": 0.5, "orphans": 2, "most": 2, "gini": 0.5, "histogram": [2, 0, 2],
    }  # fmt: skip
    assert exposure(np.zeros(3, np.int64))["gini"] is None


def test_lists_are_counted_up_to_k() -> None:
    """What is below rank k is not shown; on a small site, a full list has n - 1 entries."""
    lists = pd.DataFrame(
        {"article_id": ["a", "a", "b"], "rank": [1, 2, 1], "related_id": ["b", "c", "c"]}
    )
    found = count_lists(lists, ["a", "b", "c"], k=1)
    assert (found.inbound.tolist(), found.lengths.tolist(), found.full) == ([0, 1, 1], [1, 1, 0], 1)
    assert count_lists(lists, ["a", "b", "c"], k=9).full == 2


@given(LENGTHS)
def test_lists_to_compare_with_have_the_same_lengths(lengths: list[int]) -> None:
    """Random lists and lists of the newest have as many entries, at most one per list."""
    dates = pd.Series(pd.date_range("2024-01-01", periods=len(lengths), tz="UTC"))
    for inbound in (random_inbound(np.array(lengths)), newest_inbound(np.array(lengths), dates)):
        assert inbound.sum() == sum(lengths)
        assert inbound.max() <= sum(length > 0 for length in lengths)
        full = [row for row, length in enumerate(lengths) if length == len(lengths) - 1]
        assert all(inbound[row] >= len(full) - 1 for row in range(len(lengths)))


def test_newest_lists_skip_their_own_article() -> None:
    """The newest article shows the second and the third."""
    dates = pd.Series(pd.to_datetime(["2024-01-03", None, "2024-01-02", "2024-01-01"]))
    assert newest_inbound(np.array([2, 2, 2, 2]), dates).tolist() == [3, 0, 3, 2]


def test_last_step_is_the_list(newsroom_model: ArticleRecommender) -> None:
    """The figures of the last step are those of the recommendations."""
    lists = newsroom_model.recommend(k=6)
    first, *_, last = stage_effects(newsroom_model, 6)
    counts = count_lists(lists, newsroom_model.articles_["id"], 6)
    assert first["step"] == "nearest"
    assert last["candidates"] == len(lists)
    assert last["most"] == counts.inbound.max()
    assert last["orphans"] == (counts.inbound == 0).sum()
    assert last["empty"] == (counts.lengths == 0).sum()
    assert last["mean_score"] == pytest.approx(lists["score"].mean(), abs=1e-5)


def test_each_step_says_what_came_and_went(newsroom_model: ArticleRecommender) -> None:
    """Entries in less entries out are the difference of the lists; only order changes both."""
    total = 0
    steps = list(newsroom_model.trace(6))
    for (name, lists), effect in zip(steps, stage_effects(newsroom_model, 6), strict=True):
        shown = int((lists.indices[:, :6] >= 0).sum())
        assert effect["step"] == name
        if name != "nearest":
            assert effect["in"] - effect["out"] == shown - total
        total = shown
    hubness = next(e for e in stage_effects(newsroom_model, 6) if e["step"] == "hubness")
    assert hubness["in"] == hubness["out"] > 0


def test_ages_are_groups_of_the_same_size() -> None:
    """Old articles in no list are seen; those without a date are left out."""
    dates = pd.Series([*pd.date_range("2020-01-01", periods=20, freq="30D"), pd.NaT])
    groups = reach_by_age(np.array([0] * 10 + [2] * 11), dates)
    assert [group["articles"] for group in groups] == [2] * 10
    assert [group["reach"] for group in groups] == [0.0] * 5 + [1.0] * 5
    assert groups[0]["from"] == "2020-01-01"
    assert reach_by_age(np.array([1]), pd.Series([pd.NaT])) == []


def test_scores_are_counted_in_intervals(newsroom_model: ArticleRecommender) -> None:
    """No entry lies below the minimum score; most random pairs do."""
    found = score_distribution(newsroom_model, newsroom_model.recommend(k=6))
    below = int(found["min_score"] * found["bins"])
    assert sum(found["shown"][:below]) == 0
    assert sum(found["random"][: below + 1]) > 0.9 * sum(found["random"])


def test_copies_are_one_group() -> None:
    """Three copies of one text are a group; a different text is in none."""
    table = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "title": ["Red boat", "Red boat", "Red boat", "Tea"],
            "text": ["the boat is red"] * 3 + ["green tea and a boat"],
        }
    )
    assert duplicate_groups(ArticleRecommender().fit(table)) == [["a", "b", "c"]]


def test_report_of_a_site_without_lists() -> None:
    """Two articles with nothing in common: every figure has a value or is null."""
    table = pd.DataFrame({"id": ["a", "b"], "title": ["Rye", "Boat"], "text": ["flour", "sea"]})
    model = ArticleRecommender(min_items=0).fit(table)
    report = site_report(model, model.recommend(), 6)
    assert report["lists"] == {
        "full": 0, "short": 0, "empty": 2, "entries": 0, "mean_score": None,
    }  # fmt: skip
    assert report["empty"] == report["orphans"] == ["a", "b"]
    assert len(topic_map(model)["places"]) == 2

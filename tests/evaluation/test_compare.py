"""The measures against scikit-learn and plain Python, the intervals and the paired test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score

from recommender.evaluation import compare as evaluation
from recommender.evaluation import measures
from recommender.evaluation.compare import (
    bootstrap_interval,
    compare,
    fitting_judgments,
    grade,
    list_measures,
    per_query,
    randomization_test,
    summarize,
)

RNG = np.random.default_rng(7)
GAINS = RNG.integers(0, 4, size=(200, 12)).astype(float)
GAINS[:, 0] += (GAINS.sum(axis=1) == 0) * 1.0
RELEVANT = (GAINS > 0).sum(axis=1)
CUTOFFS = [1, 3, 10, 12]


def plain_measures(gains: Sequence[float], judged: Sequence[float], k: int) -> dict[str, float]:
    """The textbook formulas for one list, in plain Python."""
    top = list(gains)[:k]
    hits = [gain > 0 for gain in top]
    relevant = sum(gain > 0 for gain in judged)
    dcg, best = (
        sum(gain / math.log2(place + 2) for place, gain in enumerate(values))
        for values in (top, sorted(judged, reverse=True)[:k])
    )
    at_hits = [sum(hits[: i + 1]) / (i + 1) for i, hit in enumerate(hits) if hit]
    return {
        f"nDCG@{k}": dcg / best,
        f"Precision@{k}": sum(hits) / k,
        f"Recall@{k}": sum(hits) / relevant,
        f"MAP@{k}": sum(at_hits) / min(relevant, k),
        f"MRR@{k}": 1 / (1 + hits.index(True)) if any(hits) else 0.0,
        f"HitRate@{k}": float(any(hits)),
    }


def random_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random lists of unlike lengths and random graded judgments."""
    rng = np.random.default_rng(3)
    ids = [f"a{i}" for i in range(30)]
    lists = [
        (seed, rank, related)
        for seed in ids
        for rank, related in enumerate(rng.permutation(ids)[: rng.integers(0, 15)], 1)
    ]
    judged = [
        (query, related, float(rng.integers(0, 4)))
        for query in ids
        for related in rng.permutation(ids)[:8]
    ]
    return (
        pd.DataFrame(lists, columns=["article_id", "rank", "related_id"]),
        fitting_judgments(pd.DataFrame(judged, columns=["query", "related", "gain"]), ids).table,
    )


@pytest.mark.parametrize("k", CUTOFFS)
def test_ndcg_is_scikit_learns(k: int) -> None:
    """On random graded lists, nDCG@k equals scikit-learn's."""
    ours = measures.ndcg(GAINS, GAINS, k).mean()
    order = np.tile(np.arange(12, 0, -1), (200, 1))
    assert ours == pytest.approx(ndcg_score(GAINS, order, k=k))


def test_average_precision_is_scikit_learns() -> None:
    """Without a cutoff, the average precision equals scikit-learn's."""
    ours = measures.average_precision(GAINS, RELEVANT, 12)
    order = np.arange(12, 0, -1)
    theirs = [average_precision_score(row > 0, order) for row in GAINS]
    np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("k", CUTOFFS)
def test_every_measure_is_the_plain_formula(k: int) -> None:
    """From tables to numbers, every measure of every query is the textbook's."""
    lists, judged = random_tables()
    table = per_query(lists, judged, k).set_index("query").drop(columns="relevant")
    gain_of = {(q, r): g for q, r, g in judged.itertuples(index=False)}
    expected = {}
    for query, gains_of_query in judged.groupby("query")["gain"]:
        found = lists[lists["article_id"] == query].sort_values("rank")["related_id"]
        gains = [gain_of.get((query, related), 0.0) for related in found]
        expected[query] = pytest.approx(plain_measures(gains, gains_of_query, k))
    assert len(expected) > 9
    assert table.to_dict("index") == expected


def test_a_query_with_an_empty_list_scores_zero() -> None:
    """An article without recommendations counts, as a miss."""
    judged = pd.DataFrame({"query": ["a"], "related": ["b"], "gain": [1.0]})
    lists = pd.DataFrame({"article_id": [], "rank": [], "related_id": []})
    table = per_query(lists, judged, 5)
    assert table.drop(columns=["query", "relevant"]).to_numpy().tolist() == [[0.0] * 6]


def test_judgments_outside_the_corpus_are_left_out_and_counted() -> None:
    """Unknown articles, self-pairs and queries without a gain are ignored and reported."""
    rows = [("a", "b", 1), ("a", "zzz", 3), ("b", "b", 1), ("c", "a", 0), ("zzz", "a", 1)]
    fitting = fitting_judgments(
        pd.DataFrame(rows, columns=["query", "related", "gain"]), ["a", "b", "c"]
    )
    assert fitting.table.to_numpy().tolist() == [["a", "b", 1]]
    assert fitting.queries_left_out == 3


def test_row_order_changes_nothing() -> None:
    """Shuffled tables give the same measures."""
    lists, judged = random_tables()
    shuffled = per_query(lists.sample(frac=1, random_state=1), judged[::-1], 10)
    pd.testing.assert_frame_equal(shuffled, per_query(lists, judged, 10))


def test_wrong_cutoff_and_negative_gain_are_refused() -> None:
    """k below 1 and a gain below 0 raise."""
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        measures.precision(GAINS, 0)
    with pytest.raises(ValueError, match="gains must be 0 or more, got -1"):
        measures.ndcg(np.array([-1.0]), np.array([1.0]), 1)


def test_nothing_relevant_is_nan() -> None:
    """Where nothing is relevant, measures over the relevant are not a number."""
    zeros = np.zeros((1, 3))
    assert np.isnan(measures.ndcg(zeros, zeros, 3)).all()
    assert np.isnan(measures.recall(zeros, np.array([0]), 3)).all()


def test_bootstrap_interval_is_the_normal_one_for_many_queries() -> None:
    """For a well-behaved mean the percentile interval is mean ± 1.96 standard errors."""
    values = np.random.default_rng(1).normal(0.4, 0.2, 2000)
    low, high = bootstrap_interval(values)
    error = values.std() / math.sqrt(2000)
    assert (low, high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=error / 5
    )


def test_bootstrap_is_seeded_and_blockwise_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same interval, for any size of the blocks."""
    values = np.random.default_rng(2).random((50, 2))
    first = bootstrap_interval(values, seed=5)
    monkeypatch.setattr(evaluation, "CELLS_AT_ONCE", 1000)
    np.testing.assert_array_equal(first, bootstrap_interval(values, seed=5))
    assert not np.array_equal(first, bootstrap_interval(values, seed=6))


def test_randomization_test_is_the_exact_one() -> None:
    """The sampled p agrees with the one over all sign assignments."""
    differences = np.random.default_rng(4).normal(0.1, 0.3, 10)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 10)).reshape(10, -1)
    exact = (np.abs(differences @ signs) >= abs(differences.sum()) - 1e-12).mean()
    assert randomization_test(differences, flips=40_000) == pytest.approx(exact, abs=0.01)


def test_runs_that_do_not_differ_have_p_one() -> None:
    """Without any difference p is 1."""
    lists, judged = random_tables()
    table = per_query(lists, judged, 5)
    compared = compare(table, table)
    assert (compared["p"] == 1).all()
    assert (compared[["difference", "low", "high"]] == 0).all(axis=None)


def test_compare_refuses_other_queries() -> None:
    """Two runs can only be compared on the same queries."""
    lists, judged = random_tables()
    table = per_query(lists, judged, 5)
    with pytest.raises(ValueError, match="same queries"):
        compare(table, table[1:])


def test_summary_has_the_mean_inside_its_interval() -> None:
    """Each measure comes with its mean over queries and an interval around it."""
    lists, judged = random_tables()
    table = per_query(lists, judged, 5)
    summary = summarize(table).set_index("measure")
    assert summary["value"]["nDCG@5"] == table["nDCG@5"].mean()
    assert (summary["low"] <= summary["value"]).all()
    assert (summary["value"] <= summary["high"]).all()


def test_gini_is_half_the_relative_mean_difference() -> None:
    """On random counts the Gini index is the mean over all pairs of their difference."""
    counts = RNG.integers(0, 9, 40)
    pairs = np.abs(counts[:, None] - counts[None, :]).mean()
    assert measures.gini(counts) == pytest.approx(pairs / (2 * counts.mean()))


def test_intra_list_similarity_is_the_mean_over_pairs() -> None:
    """The closed form gives the mean cosine of all pairs of each list."""
    lists, _ = random_tables()
    ids = sorted({*lists["article_id"], *lists["related_id"]})
    dense = RNG.random((len(ids), 6))
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    row = {name: at for at, name in enumerate(ids)}
    groups = [[row[r] for r in group] for _, group in lists.groupby("article_id")["related_id"]]
    expected = np.mean(
        [
            np.mean([dense[a] @ dense[b] for a, b in combinations(group, 2)])
            for group in groups
            if len(group) > 1
        ]
    )
    ours = measures.intra_list_similarity(lists, ids, sparse.csr_array(dense))
    assert ours == pytest.approx(expected)


def plain_list_measures(
    lists: pd.DataFrame, ids: list[str], k: int, dense: np.ndarray, dates: list[pd.Timestamp]
) -> dict[str, float]:
    """The measures without judgments, in plain Python: by entries, lists and articles."""
    row, day = {name: at for at, name in enumerate(ids)}, dict(zip(ids, dates, strict=True))
    shown = [(a, b) for a, r, b in lists[["article_id", "rank", "related_id"]].values if r <= k]
    inbound = sorted(sum(b == name for _, b in shown) for name in ids)
    lengths = [sum(a == name for a, _ in shown) for name in ids]
    differences = [abs(x - y) for x in inbound for y in inbound]
    newest = max(date for date in dates if not pd.isna(date))
    ages = sorted((newest - day[b]).total_seconds() / 86400 for _, b in shown if day[b] == day[b])
    return {
        "reach": sum(x > 0 for x in inbound) / len(ids),
        "inbound Gini": sum(differences) / (2 * len(ids) * sum(inbound)),
        "inbound maximum": inbound[-1],
        "empty lists": lengths.count(0) / len(ids),
        "short lists": sum(0 < n < min(k, len(ids) - 1) for n in lengths) / len(ids),
        "median age in days": statistics.median(ages),
        "mean cosine": statistics.mean(dense[row[a]] @ dense[row[b]] for a, b in shown),
    }


@pytest.mark.parametrize("k", [1, 3, 10, 40])
def test_list_measures_are_the_plain_formulas(k: int) -> None:
    """On random lists, some of them empty, every measure is the one in plain Python."""
    lists, _ = random_tables()
    ids = sorted({*lists["article_id"], *lists["related_id"], "never shown"})
    dense = RNG.random((len(ids), 6))
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    dates = pd.to_datetime(pd.Series(RNG.integers(0, 3000, len(ids))), unit="D", utc=True)
    dates[::5] = pd.NaT
    ours = list_measures(lists, ids, k, sparse.csr_array(dense), dates)
    expected = plain_list_measures(lists, ids, k, dense, list(dates))
    assert {name: ours[name] for name in expected} == pytest.approx(expected)


def test_lists_that_are_all_empty_have_measures() -> None:
    """Without any entry, shares are 0 or 1, and means over entries are not a number."""
    lists = pd.DataFrame({"article_id": [], "rank": [], "related_id": []})
    dates = pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True)
    ours = list_measures(lists, ["a", "b"], 3, sparse.csr_array(np.eye(2)), dates)
    assert (ours["reach"], ours["empty lists"], ours["short lists"]) == (0, 1, 0)
    assert all(math.isnan(ours[n]) for n in ("median age in days", "mean cosine", "inbound Gini"))


def test_list_measures_omit_what_they_cannot_know() -> None:
    """Without dates there is no age, without vectors no cosine."""
    lists = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"]})
    missing = pd.Series([pd.NaT, pd.NaT], dtype="datetime64[ns, UTC]")
    names = set(list_measures(lists, ["a", "b"], 3, dates=missing))
    assert names == {"reach", "inbound Gini", "inbound maximum", "empty lists", "short lists"}


def test_ideal_holds_the_highest_gains() -> None:
    """The ideal order is cut at k, and articles judged 0 are not relevant."""
    judged = pd.DataFrame({"query": ["q"] * 4, "related": list("abcd"), "gain": [1, 0, 3, 2]})
    lists = pd.DataFrame({"article_id": ["q"], "rank": [1], "related_id": ["b"]})
    graded = grade(lists, judged, 2)
    assert graded.ideal.tolist() == [[3, 2]]
    assert graded.relevant.tolist() == [3]

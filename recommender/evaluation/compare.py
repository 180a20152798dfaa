"""Measure lists against judgments, with intervals and paired tests.

Owns the tables; the formulas are in `measures`. Invariants: an article without a judgment has
gain 0; a query with an empty list scores 0; `fitting_judgments` omits and counts the queries
without a single relevant article in the corpus. Every random draw is seeded. Works on tables
and arrays only: reads no files, knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.measures import (
    Floats,
    average_precision,
    empty_share,
    gini,
    hit_rate,
    inbound_links,
    intra_list_similarity,
    mean_cosine,
    median_age,
    ndcg,
    precision,
    reach,
    recall,
    reciprocal_rank,
    short_share,
)

DATE = "datetime64[ns, UTC]"
CELLS_AT_ONCE = 4_000_000
"""Random numbers drawn at once by the bootstrap and the randomization test."""


class Graded(NamedTuple):
    """The gains of q lists and of their judgments, from which the measures are computed."""

    queries: pd.Index
    """Ids of the q queries, in order."""
    gains: Floats
    """float64 of shape (q, k): the gain at each position of the list, 0 past its end."""
    ideal: Floats
    """float64 of shape (q, k): the highest judged gains, best first, padded with 0."""
    relevant: NDArray[np.int64]
    """int64 of shape (q,): how many articles are judged above 0."""


MEASURES: Mapping[str, Callable[[Graded, int], Floats]] = {
    "nDCG": lambda graded, k: ndcg(graded.gains, graded.ideal, k),
    "Precision": lambda graded, k: precision(graded.gains, k),
    "Recall": lambda graded, k: recall(graded.gains, graded.relevant, k),
    "MAP": lambda graded, k: average_precision(graded.gains, graded.relevant, k),
    "MRR": lambda graded, k: reciprocal_rank(graded.gains, k),
    "HitRate": lambda graded, k: hit_rate(graded.gains, k),
}
"""The measures of a query, by their name before ``@k``."""


class FittingJudgments(NamedTuple):
    """The judgments that fit a corpus."""

    table: pd.DataFrame
    """`query`, `related`, `gain`; every query has at least one gain above 0."""
    queries_left_out: int
    """Number of queries that are not in the corpus, or have no relevant article in it."""


def fitting_judgments(judgments: pd.DataFrame, ids: Iterable[str]) -> FittingJudgments:
    """Return the judgments between articles of a corpus.

    Parameters
    ----------
    judgments : DataFrame
        `query`, `related`, `gain`.
    ids : iterable of str
        Ids of the corpus.

    Returns
    -------
    FittingJudgments
        Without pairs of an article with itself or with one outside the corpus.

    Examples
    --------
    >>> judgments = pd.DataFrame({"query": ["a", "b"], "related": ["b", "z"], "gain": [1, 1]})
    >>> fitting = fitting_judgments(judgments, ["a", "b"])
    >>> fitting.table["query"].tolist(), fitting.queries_left_out
    (['a'], 1)
    """
    known = pd.Index(list(ids))
    inside = judgments["query"].isin(known) & judgments["related"].isin(known)
    table = judgments[inside & (judgments["query"] != judgments["related"])]
    table = table[table.groupby("query")["gain"].transform("max") > 0]
    left_out = judgments["query"].nunique() - table["query"].nunique()
    return FittingJudgments(table.reset_index(drop=True), int(left_out))


def grade(recommendations: pd.DataFrame, judgments: pd.DataFrame, k: int) -> Graded:
    """Return the gain at every position of the judged articles' lists.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `rank` (from 1), `related_id`; lists of other articles are ignored.
    judgments : DataFrame
        `query`, `related`, `gain`; each pair once.
    k : int, >= 1
        Cutoff: later positions are ignored.

    Examples
    --------
    >>> judgments = pd.DataFrame({"query": ["a", "a"], "related": ["b", "c"], "gain": [1, 3]})
    >>> lists = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"]})
    >>> grade(lists, judgments, k=2).gains.tolist()
    [[1.0, 0.0]]
    """
    queries = pd.Index(judgments["query"].unique()).sort_values()
    lists = recommendations[recommendations["rank"] <= k]
    found = lists.merge(
        judgments, left_on=["article_id", "related_id"], right_on=["query", "related"]
    )
    gains = np.zeros((len(queries), k))
    gains[queries.get_indexer(found["query"]), found["rank"].to_numpy(np.int64) - 1] = found["gain"]
    best = judgments.sort_values("gain", ascending=False, kind="stable")
    places = best.groupby("query").cumcount().to_numpy()
    rows = queries.get_indexer(best["query"])
    ideal = np.zeros((len(queries), k))
    ideal[rows[places < k], places[places < k]] = best["gain"].to_numpy(np.float64)[places < k]
    relevant = np.bincount(rows[best["gain"] > 0], minlength=len(queries))
    return Graded(queries, gains, ideal, relevant.astype(np.int64))


def per_query(recommendations: pd.DataFrame, judgments: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return every measure of every query.

    Parameters
    ----------
    recommendations, judgments, k
        As for `grade`; use judgments returned by `fitting_judgments`.

    Returns
    -------
    DataFrame of q rows
        `query`, `relevant` (the number of relevant articles), and a column per measure, such
        as ``nDCG@10``; ordered by `query`.

    Examples
    --------
    >>> judgments = pd.DataFrame({"query": ["a", "a"], "related": ["b", "c"], "gain": [1, 1]})
    >>> lists = pd.DataFrame({"article_id": ["a"], "rank": [2], "related_id": ["b"]})
    >>> per_query(lists, judgments, k=2)[["Precision@2", "MRR@2"]].values.tolist()
    [[0.5, 0.5]]
    """
    graded = grade(recommendations, judgments, k)
    columns = {f"{name}@{k}": measure(graded, k) for name, measure in MEASURES.items()}
    return pd.DataFrame({"query": graded.queries, "relevant": graded.relevant, **columns})


def ndcg_scorer(judgments: pd.DataFrame, k: int = 10) -> Callable[..., float]:
    """Return a scorer for scikit-learn's parameter searches: the mean nDCG@k of the lists.

    Parameters
    ----------
    judgments : DataFrame
        `query`, `related`, `gain`, such as the `table` of `judgments_from_links`.
    k : int, >= 1, default 10
        Cutoff: later positions are ignored.

    Returns
    -------
    callable
        Takes a fitted `ArticleRecommender` and a table of articles. Scores their lists by the
        judgments that relate them to the fitted articles; NaN if there are none.

    Examples
    --------
    >>> from recommender import ArticleRecommender
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Rye", "Rye bread", "Tea"],
    ...                          "text": ["Sow rye.", "Bake rye bread.", "Green tea"]})
    >>> judgments = pd.DataFrame({"query": ["a"], "related": ["b"], "gain": [1.0]})
    >>> ndcg_scorer(judgments)(ArticleRecommender(min_score=0.0).fit(articles), articles)
    1.0
    """

    def score(estimator: Any, articles: pd.DataFrame, y: object = None) -> float:
        lists = estimator.recommend_for(articles, k).astype({"article_id": str, "related_id": str})
        asked = judgments[judgments["query"].isin(articles["id"].astype(str))]
        fitting = fitting_judgments(asked, [*estimator.articles_["id"], *asked["query"]]).table
        return float(per_query(lists, fitting, k)[f"nDCG@{k}"].mean())

    return score


def summarize(queries: pd.DataFrame, *, samples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Return the mean of each measure over the queries, with its 95 % interval.

    Parameters
    ----------
    queries : DataFrame
        As from `per_query`.
    samples, seed
        See [`bootstrap_interval`][recommender.evaluation.compare.bootstrap_interval].

    Returns
    -------
    DataFrame
        `measure`, `value`, `low`, `high`.

    Examples
    --------
    >>> table = pd.DataFrame({"query": ["a", "b"], "relevant": [1, 1], "nDCG@10": [1.0, 1.0]})
    >>> summarize(table).values.tolist()
    [['nDCG@10', 1.0, 1.0, 1.0]]
    """
    names = [name for name in queries.columns if "@" in name]
    values = queries[names].to_numpy(np.float64)
    low, high = bootstrap_interval(values, samples=samples, seed=seed)
    return pd.DataFrame({"measure": names, "value": values.mean(axis=0), "low": low, "high": high})


def compare(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    samples: int = 2000,
    flips: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the difference of a second run from a first on the same queries, with its p-value.

    Parameters
    ----------
    first, second : DataFrame
        As from `per_query`, for the same judgments and cutoff.
    samples, flips, seed
        See [`bootstrap_interval`][recommender.evaluation.compare.bootstrap_interval] and
        [`randomization_test`][recommender.evaluation.compare.randomization_test].

    Returns
    -------
    DataFrame
        `measure`, `first`, `second`, `difference` (second - first), `low`, `high` (its 95 %
        interval over queries) and `p`.

    Raises
    ------
    ValueError
        If the queries differ.

    Examples
    --------
    >>> run = pd.DataFrame({"query": ["a", "b"], "relevant": [1, 1], "nDCG@10": [0.5, 0.5]})
    >>> compare(run, run)[["difference", "p"]].values.tolist()
    [[0.0, 1.0]]
    """
    if not first["query"].equals(second["query"]):
        raise ValueError("compare: the two runs must be measured on the same queries")
    names = [name for name in first.columns if "@" in name]
    before, after = (run[names].to_numpy(np.float64) for run in (first, second))
    low, high = bootstrap_interval(after - before, samples=samples, seed=seed)
    return pd.DataFrame(
        {
            "measure": names,
            "first": before.mean(axis=0),
            "second": after.mean(axis=0),
            "difference": (after - before).mean(axis=0),
            "low": low,
            "high": high,
            "p": randomization_test(after - before, flips=flips, seed=seed),
        }
    )


def bootstrap_interval(
    values: Floats, *, confidence: float = 0.95, samples: int = 2000, seed: int = 0
) -> tuple[Any, Any]:
    """Return the percentile bootstrap interval of the mean over queries.

    Parameters
    ----------
    values : ndarray of shape (q,) or (q, measures), float64
        One row per query; each draw uses the same queries for all measures.
    confidence : float in (0, 1), default 0.95
        Share of the bootstrap means inside the interval.
    samples : int, >= 1, default 2000
        How often q queries are drawn with replacement.
    seed : int, default 0
        The same seed gives the same interval.

    Returns
    -------
    (low, high) : two floats, or two ndarrays of shape (measures,)
        NaN without any query.

    Notes
    -----
    The percentile method [1]_. The interval covers the choice of queries, not the choice of
    judgments.
    `scipy.stats.bootstrap` gives the same interval in 0.21 instead of 0.10 CPU seconds (2,000
    queries, 5 measures), after an import of 1.3.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani (1993). An Introduction to the Bootstrap, chapter 13.
       Chapman & Hall.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.array([0.0, 0.0, 1.0, 1.0]))
    >>> float(low), float(high)
    (0.0, 1.0)
    """
    n = len(values)
    if n == 0:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    rng = np.random.default_rng(seed)
    means = []
    for size in _blocks(samples, n):
        drawn = rng.integers(n, size=(size, n), dtype=np.int32)
        counts = np.stack([np.bincount(row, minlength=n) for row in drawn])
        means.append(counts @ values / n)
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail], axis=0)
    return low, high


def randomization_test(differences: Floats, *, flips: int = 10_000, seed: int = 0) -> Any:
    """Return the two-sided p-value of a paired randomization test.

    Parameters
    ----------
    differences : ndarray of shape (q,) or (q, measures), float64
        Second run minus first run, one row per query.
    flips : int, >= 1, default 10,000
        Random sign assignments tried.
    seed : int, default 0
        The same seed gives the same p.

    Returns
    -------
    float or ndarray of shape (measures,), in (0, 1]
        1 if there is no query, or if no query differs.

    Notes
    -----
    If the runs were equally good, each difference could equally have the opposite sign. With
    T the mean difference, p = (1 + number of sign assignments with abs(T*) >= abs(T)) /
    (1 + flips); this is Fisher's test in the form that [1]_ recommends for retrieval.
    `scipy.stats.permutation_test` takes 5.9 instead of 0.19 CPU seconds (2,000 queries, 5
    measures) for the same p, within its noise.

    References
    ----------
    .. [1] M. D. Smucker, J. Allan and B. Carterette (2007). A comparison of statistical
       significance tests for information retrieval evaluation. CIKM, 623-632,
       doi:10.1145/1321440.1321528.

    Examples
    --------
    >>> bool(randomization_test(np.full(20, 0.1)) < 0.001)
    True
    """
    n = len(differences)
    total = differences.sum(axis=0)
    rng = np.random.default_rng(seed)
    extreme = np.zeros(np.shape(total))
    for size in _blocks(flips, max(n, 1)):
        flipped = rng.integers(2, size=(size, n), dtype=np.uint8).astype(np.float64)
        sums = total - 2 * (flipped @ differences)
        extreme += (np.abs(sums) >= np.abs(total) - 1e-9).sum(axis=0)
    return (1 + extreme) / (1 + flips)


def list_measures(
    recommendations: pd.DataFrame,
    ids: Iterable[str],
    k: int,
    vectors: sparse.csr_array | None = None,
    dates: Iterable[pd.Timestamp] | None = None,
) -> dict[str, float]:
    """Return the measures that need no judgments, for lists cut at k.

    Parameters
    ----------
    recommendations : DataFrame
        A Recommendations table with the lists of all articles.
    ids : iterable of str
        Ids of all articles, in the order of `vectors` and `dates`.
    k : int, >= 1
        Cutoff.
    vectors : csr_array, optional
        For `mean_cosine` and `intra_list_similarity`, which are omitted without it.
    dates : iterable of datetime64[ns, UTC], optional
        For `median_age`, which is omitted without any date.

    Returns
    -------
    dict of str to float
        By name; the functions of `recommender.evaluation.measures` have the formulas.

    Examples
    --------
    >>> lists = pd.DataFrame({"article_id": ["a", "b"], "rank": [1, 1], "related_id": ["b", "a"]})
    >>> list_measures(lists, ["a", "b"], k=1)["reach"]
    1.0
    """
    names = list(ids)
    lists = recommendations[recommendations["rank"] <= k]
    inbound = inbound_links(lists, names)
    figures = {
        "reach": reach(inbound),
        "inbound Gini": gini(inbound),
        "inbound maximum": float(inbound.max(initial=0)),
        "empty lists": empty_share(lists, names),
        "short lists": short_share(lists, names, k),
    }
    if dates is not None and (dated := pd.Series(dates, dtype=DATE).set_axis(names)).notna().any():
        figures["median age in days"] = median_age(lists, dated)
    if vectors is not None:
        figures["mean cosine"] = mean_cosine(lists, names, vectors)
        figures["intra-list similarity"] = intra_list_similarity(lists, names, vectors)
    return figures


def _blocks(total: int, width: int) -> list[int]:
    """Return sizes that add up to `total`; each times `width` is at most one block."""
    size = max(1, CELLS_AT_ONCE // width)
    return [min(size, total - start) for start in range(0, total, size)]

"""The formulas of evaluation: one function per measure, vectorized over queries.

An article is relevant if its gain is above 0; without a judgment, its gain is 0. Functions take
and return arrays, except the measures of whole lists, which read the Recommendations table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]


def ndcg(gains: Floats, ideal: Floats, k: int) -> Floats:
    """Return the normalized discounted cumulative gain of each list.

    Parameters
    ----------
    gains : ndarray of shape (..., n), float64, >= 0
        Gain of each recommended article, in list order; a shorter list is padded with 0.
    ideal : ndarray of shape (..., m), float64, >= 0
        All gains judged for the query, or at least its k highest, in any order.
    k : int, >= 1
        Cutoff: later positions do not count.

    Returns
    -------
    ndarray of shape (...), float64 in [0, 1], or NaN
        NaN where no article is judged above 0.

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    DCG@k = sum_{i=1..k} gain_i / log2(i + 1), divided by the DCG@k of the ideal order [1]_.

    References
    ----------
    .. [1] K. Järvelin and J. Kekäläinen (2002). Cumulated gain-based evaluation
       of IR techniques. ACM TOIS 20(4), 422-446, doi:10.1145/582415.582418.

    Examples
    --------
    >>> float(ndcg(np.array([3.0, 0.0]), np.array([3.0, 1.0]), k=2).round(3))
    0.826
    """
    best = -np.sort(-_checked(ideal, None), axis=-1)[..., :k]
    return _ratio(_dcg(_checked(gains, k)), _dcg(best))


def precision(gains: Floats, k: int) -> Floats:
    """Return the share of relevant articles among the first k positions.

    Parameters
    ----------
    gains : ndarray of shape (..., n), float64, >= 0
        As for `ndcg`; an article is relevant if its gain is above 0.
    k : int, >= 1
        Cutoff. A list shorter than k counts as if padded with irrelevant articles.

    Returns
    -------
    ndarray of shape (...), float64 in [0, 1]

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    P@k = (number of relevant articles in the first k positions) / k [1]_.

    References
    ----------
    .. [1] C. D. Manning, P. Raghavan and H. Schütze (2008). Introduction to Information
       Retrieval, chapter 8. Cambridge University Press.

    Examples
    --------
    >>> float(precision(np.array([1.0, 0.0, 2.0]), k=2))
    0.5
    """
    return np.asarray((_checked(gains, k) > 0).sum(axis=-1) / k, np.float64)


def recall(gains: Floats, relevant: NDArray[np.int64], k: int) -> Floats:
    """Return the share of the relevant articles that are in the first k positions.

    Parameters
    ----------
    gains : ndarray of shape (..., n), float64, >= 0
        As for `ndcg`; an article is relevant if its gain is above 0.
    relevant : ndarray of shape (...), int64
        How many articles are relevant for the query.
    k : int, >= 1
        Cutoff.

    Returns
    -------
    ndarray of shape (...), float64 in [0, 1], or NaN
        NaN where nothing is relevant. Below 1 if more than k articles are relevant.

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    R@k = (number of relevant articles in the first k positions) / relevant; see `precision`.

    Examples
    --------
    >>> float(recall(np.array([1.0, 0.0, 2.0]), np.array(4), k=3))
    0.5
    """
    return _ratio((_checked(gains, k) > 0).sum(axis=-1), relevant)


def average_precision(gains: Floats, relevant: NDArray[np.int64], k: int) -> Floats:
    """Return the average precision of each list, cut at k; its mean over queries is MAP@k.

    Parameters
    ----------
    gains, relevant, k
        As for `recall`.

    Returns
    -------
    ndarray of shape (...), float64 in [0, 1], or NaN
        NaN where nothing is relevant.

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    AP@k = (sum of P@i over relevant positions i = 1..k) / min(relevant, k). Dividing by
    min(relevant, k) instead of relevant lets a perfect list of k reach 1. Without a cutoff it is
    the average precision of TREC [1]_.

    References
    ----------
    .. [1] C. Buckley and E. M. Voorhees (2000). Evaluating evaluation measure stability.
       SIGIR, 33-40, doi:10.1145/345508.345543.

    Examples
    --------
    >>> float(average_precision(np.array([1.0, 0.0, 1.0]), np.array(2), k=3).round(3))
    0.833
    """
    hits = _checked(gains, k) > 0
    at_each = np.cumsum(hits, axis=-1) / np.arange(1, hits.shape[-1] + 1)
    return _ratio((at_each * hits).sum(axis=-1), np.minimum(relevant, k))


def reciprocal_rank(gains: Floats, k: int) -> Floats:
    """Return 1 / rank of the first relevant article; the mean over queries is MRR@k.

    Parameters
    ----------
    gains, k
        As for `precision`.

    Returns
    -------
    ndarray of shape (...), float64 in [0, 1]
        0 where none of the first k articles is relevant.

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    RR@k = 1 / min(i <= k: gain_i > 0) [1]_.

    References
    ----------
    .. [1] E. M. Voorhees (1999). The TREC-8 question answering track report. TREC-8, 77-82.

    Examples
    --------
    >>> float(reciprocal_rank(np.array([0.0, 1.0, 1.0]), k=3))
    0.5
    """
    hits = _checked(gains, k) > 0
    ranks = np.arange(1, hits.shape[-1] + 1)
    return np.asarray(np.max(hits / ranks, axis=-1, initial=0.0), np.float64)


def hit_rate(gains: Floats, k: int) -> Floats:
    """Return 1 where any of the first k articles is relevant, else 0.

    Parameters
    ----------
    gains, k
        As for `precision`.

    Returns
    -------
    ndarray of shape (...), float64, 0 or 1

    Raises
    ------
    ValueError
        If `k` < 1 or a gain is negative.

    Notes
    -----
    Also called success@k [1]_.

    References
    ----------
    .. [1] M. Deshpande and G. Karypis (2004). Item-based top-N recommendation algorithms.
       ACM TOIS 22(1), 143-177, doi:10.1145/963770.963776.

    Examples
    --------
    >>> hit_rate(np.array([[0.0, 1.0], [0.0, 0.0]]), k=2).tolist()
    [1.0, 0.0]
    """
    return np.asarray((_checked(gains, k) > 0).any(axis=-1), np.float64)


def inbound_links(recommendations: pd.DataFrame, ids: Iterable[str]) -> NDArray[np.int64]:
    """Return in how many lists each article appears, in the order of `ids`.

    Examples
    --------
    >>> lists = pd.DataFrame({"article_id": ["a", "c"], "related_id": ["b", "b"]})
    >>> inbound_links(lists, ["a", "b", "c"]).tolist()
    [0, 2, 0]
    """
    return _counts(recommendations["related_id"], ids)


def list_lengths(recommendations: pd.DataFrame, ids: Iterable[str]) -> NDArray[np.int64]:
    """Return the length of each article's list, in the order of `ids`.

    Examples
    --------
    >>> list_lengths(pd.DataFrame({"article_id": ["a", "c", "c"]}), ["a", "b", "c"]).tolist()
    [1, 0, 2]
    """
    return _counts(recommendations["article_id"], ids)


def reach(inbound: NDArray[np.int64]) -> float:
    """Return the share of articles that appear in at least one list.

    Parameters
    ----------
    inbound : ndarray of shape (n,), int64
        As from `inbound_links`.

    Returns
    -------
    float in [0, 1], or NaN without any article

    Notes
    -----
    reach = (number of i with x_i > 0) / n. It is the catalog coverage of [1]_.

    References
    ----------
    .. [1] M. Ge, C. Delgado-Battenfeld and D. Jannach (2010). Beyond accuracy: evaluating
       recommender systems by coverage and serendipity. RecSys, 257-260,
       doi:10.1145/1864708.1864761.

    Examples
    --------
    >>> reach(np.array([0, 2, 1, 1]))
    0.75
    """
    return _share(inbound > 0)


def gini(inbound: NDArray[np.int64]) -> float:
    """Return how unevenly inbound links are spread: 0 is even, near 1 is all to one article.

    Parameters
    ----------
    inbound : ndarray of shape (n,), int64, >= 0
        As from `inbound_links`.

    Returns
    -------
    float in [0, 1), or NaN
        NaN if there are no links.

    Notes
    -----
    G = sum_i (2 i - n - 1) x_i / (n sum x), x in ascending order, i from 1: half the relative
    mean difference of C. Gini (1912), for recommendations in G. Shani and A. Gunawardana
    (2011), Evaluating recommendation systems, doi:10.1007/978-0-387-85820-3_8.

    Examples
    --------
    >>> gini(np.array([1, 1, 1])), gini(np.array([0, 0, 0, 4]))
    (0.0, 0.75)
    """
    n, total = len(inbound), inbound.sum()
    if total == 0:
        return float("nan")
    places = 2 * np.arange(1, n + 1) - n - 1
    return float((places * np.sort(inbound)).sum() / (n * total))


def median_age(recommendations: pd.DataFrame, dates: pd.Series) -> float:
    """Return the freshness of the lists: the median age of an entry in days; lower is fresher.

    Parameters
    ----------
    recommendations : DataFrame
        `related_id`; an article in many lists counts as often.
    dates : Series of datetime64[ns, UTC], indexed by id
        Dates of the articles; NaT if missing.

    Returns
    -------
    float, >= 0, or NaN
        NaN if no entry has a date.

    Notes
    -----
    age(c) = newest date of the site - date(c), so that the figure does not depend on today.
    Entries without a date are ignored. The definition is this package's own: the literature
    has none that is common.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-31"], utc=True), ["a", "b"])
    >>> median_age(pd.DataFrame({"related_id": ["a", "b", "a"]}), dates)
    30.0
    """
    shown = dates.reindex(recommendations["related_id"])
    return float(((dates.max() - shown) / pd.Timedelta(days=1)).median())


def empty_share(recommendations: pd.DataFrame, ids: Iterable[str]) -> float:
    """Return the share of articles whose list is empty.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`.
    ids : iterable of n str
        Ids of all articles that should have a list.

    Returns
    -------
    float in [0, 1], or NaN without any article

    Notes
    -----
    One minus the prediction coverage of J. L. Herlocker et al. (2004). Evaluating collaborative
    filtering recommender systems. ACM TOIS 22(1), 5-53, doi:10.1145/963770.963772.

    Examples
    --------
    >>> empty_share(pd.DataFrame({"article_id": ["a", "a"]}), ["a", "b"])
    0.5
    """
    return _share(list_lengths(recommendations, ids) == 0)


def short_share(recommendations: pd.DataFrame, ids: Iterable[str], k: int) -> float:
    """Return the share of articles whose list has some entries, but fewer than k.

    Parameters
    ----------
    recommendations, ids
        As for `empty_share`.
    k : int, >= 1
        The length of a full list; at most n - 1 is expected.

    Returns
    -------
    float in [0, 1], or NaN without any article

    Notes
    -----
    (number of lists with 0 < length < min(k, n - 1)) / n. Empty lists are counted by
    `empty_share`.

    Examples
    --------
    >>> short_share(pd.DataFrame({"article_id": ["a", "a", "b"]}), ["a", "b", "c"], k=2)
    0.3333333333333333
    """
    lengths = list_lengths(recommendations, ids)
    return _share((lengths > 0) & (lengths < min(k, len(lengths) - 1)))


def mean_cosine(
    recommendations: pd.DataFrame, ids: Iterable[str], vectors: sparse.csr_array
) -> float:
    """Return the mean cosine of an article and an entry of its list.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `related_id`.
    ids : iterable of n str
        Ids of the rows of `vectors`; all ids of the lists are among them.
    vectors : csr_array of shape (n, terms), float64, unit rows

    Returns
    -------
    float in [0, 1], or NaN
        NaN if all lists are empty.

    Notes
    -----
    The mean of a . b over all entries (a, b) of all lists, the cosine of unit rows [1]_. With
    the same vectors, it compares lists from any source.

    References
    ----------
    .. [1] C. D. Manning, P. Raghavan and H. Schütze (2008). Introduction to Information
       Retrieval, section 6.3. Cambridge University Press.

    Examples
    --------
    >>> lists = pd.DataFrame({"article_id": ["a", "a"], "related_id": ["b", "c"]})
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]]))
    >>> mean_cosine(lists, ["a", "b", "c"], rows)
    0.8
    """
    index = pd.Index(list(ids))
    seeds, found = (
        index.get_indexer(pd.Index(recommendations[name])) for name in ("article_id", "related_id")
    )
    if not len(seeds):
        return float("nan")
    sums = sparse.csr_array((np.ones(len(seeds)), (seeds, found)), shape=(len(index),) * 2)
    return float((sums @ vectors).multiply(vectors).sum() / len(seeds))


def intra_list_similarity(
    recommendations: pd.DataFrame, ids: Iterable[str], vectors: sparse.csr_array
) -> float:
    """Return how similar the articles within a list are, averaged over the lists.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `related_id`.
    ids : iterable of n str
        Ids of the rows of `vectors`; every `related_id` is among them.
    vectors : csr_array of shape (n, terms), float64, unit rows

    Returns
    -------
    float in [0, 1], or NaN
        NaN if no list has two or more articles; lower is more varied.

    Notes
    -----
    The mean cosine over the m (m - 1) / 2 pairs of a list [1]_, without computing each pair:
    (length(sum of rows)^2 - sum of length(row)^2) / (m (m - 1)).

    References
    ----------
    .. [1] C.-N. Ziegler, S. M. McNee, J. A. Konstan and G. Lausen (2005). Improving
       recommendation lists through topic diversification. WWW, 22-32,
       doi:10.1145/1060745.1060754.

    Examples
    --------
    >>> lists = pd.DataFrame({"article_id": ["a", "a"], "related_id": ["b", "c"]})
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]]))
    >>> round(intra_list_similarity(lists, ["a", "b", "c"], rows), 6)
    0.6
    """
    seeds, _ = pd.factorize(recommendations["article_id"])
    columns = pd.Index(list(ids)).get_indexer(pd.Index(recommendations["related_id"]))
    shape = (int(seeds.max(initial=-1)) + 1, vectors.shape[0])
    members = sparse.csr_array((np.ones(len(seeds)), (seeds, columns)), shape=shape)
    sums = members @ vectors
    size: Floats = np.asarray(members.sum(axis=1))
    own = members @ np.asarray(vectors.multiply(vectors).sum(axis=1))
    pairs = np.asarray(sums.multiply(sums).sum(axis=1)) - own
    several = size > 1
    if not several.any():
        return float("nan")
    return float((pairs[several] / (size[several] * (size[several] - 1))).mean())


def _counts(column: pd.Series, ids: Iterable[str]) -> NDArray[np.int64]:
    return np.asarray(column.value_counts().reindex(list(ids), fill_value=0), np.int64)


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else float("nan")


def _checked(gains: Floats, k: int | None) -> Floats:
    """Check `gains` and `k`, and return the gains up to the cutoff."""
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if np.size(gains) and np.min(gains) < 0:
        raise ValueError(f"gains must be 0 or more, got {np.min(gains)}")
    return np.asarray(gains, np.float64)[..., :k]


def _dcg(gains: Floats) -> Floats:
    return np.asarray(gains @ (1 / np.log2(np.arange(2, gains.shape[-1] + 2))), np.float64)


def _ratio(part: Any, whole: Any) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    whole = np.asarray(whole, np.float64)
    return np.asarray(np.divide(part, np.where(whole > 0, whole, np.nan)), np.float64)

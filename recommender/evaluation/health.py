"""Figures of the lists of a whole site: who is shown, who is not, what each stage changed.

Needs no judgments. Everything is counted on the lists as readers see them, cut at k.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.evaluation.measures import gini, inbound_links, list_lengths, reach
from recommender.model import Recommender
from recommender.ranking import Ranked, first_of, near_duplicate_groups, padded
from recommender.ranking.min_score import random_pairs
from recommender.vectors.overlap import dot_products

Counts = NDArray[np.int64]

SAME = 0.9
"""How alike two articles are that are reported as near-duplicates."""
BINS = 50
"""Number of equal intervals of the score, from 0 to 1."""
AGES = 10
"""Number of groups of equally many articles, by date."""


class ListCounts(NamedTuple):
    """Two counts for each of n articles, and the length of a full list."""

    inbound: Counts
    """int64 of shape (n,): the number of lists in which the article appears."""
    lengths: Counts
    """int64 of shape (n,): the number of entries of its own list."""
    full: int
    """The length of a full list: k, or n - 1 on a smaller site."""


def count_lists(recommendations: pd.DataFrame, ids: Iterable[str], k: int) -> ListCounts:
    """Return how often each article is shown, and how long its list is.

    Parameters
    ----------
    recommendations : DataFrame
        A Recommendations table with the lists of all articles.
    ids : iterable of n str
        Ids of all articles.
    k : int, >= 1
        Maximum length of a list.

    Examples
    --------
    >>> lists = pd.DataFrame({"article_id": ["a", "a"], "rank": [1, 2], "related_id": ["b", "c"]})
    >>> found = count_lists(lists, ["a", "b", "c"], k=2)
    >>> found.inbound.tolist(), found.lengths.tolist(), found.full
    ([0, 1, 1], [2, 0, 0], 2)
    """
    names = list(ids)
    cut = recommendations[recommendations["rank"] <= k]
    full = max(min(k, len(names) - 1), 0)
    return ListCounts(inbound_links(cut, names), list_lengths(cut, names), full)


def exposure(inbound: Counts) -> dict[str, Any]:
    """Return how evenly the articles of a site are shown.

    Parameters
    ----------
    inbound : ndarray of shape (n,), int64, >= 0
        The number of lists in which each article appears.

    Returns
    -------
    dict
        `reach` (share of articles in any list), `orphans` (number in none), `most` (the largest
        number of lists of one article), `gini`, and `histogram`: at position i, the number of
        articles in i lists.

    Examples
    --------
    >>> exposure(np.array([0, 2, 2, 0]))["histogram"]
    [2, 0, 2]
    """
    return {
        "reach": round(reach(inbound), 4),
        "orphans": int((inbound == 0).sum()),
        "most": int(inbound.max(initial=0)),
        "gini": round(gini(inbound), 4) if inbound.any() else None,
        "histogram": np.bincount(inbound, minlength=1).tolist(),
    }


def random_inbound(lengths: Counts) -> Counts:
    """Return the inbound links of lists of the same lengths with random entries.

    Examples
    --------
    >>> int(random_inbound(np.array([2, 2, 2, 2])).sum())
    8
    """
    n, generator = len(lengths), np.random.default_rng(0)
    inbound = np.zeros(n, np.int64)
    for row, length in enumerate(lengths.tolist()):
        others = generator.choice(n - 1, length, replace=False) if length else np.zeros(0, np.int64)
        inbound[others + (others >= row)] += 1
    return inbound


def newest_inbound(lengths: Counts, dates: pd.Series) -> Counts:
    """Return the inbound links of lists of the same lengths with the newest articles.

    Articles without a date come last; of equal dates, the smaller row comes first.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-02"]))
    >>> newest_inbound(np.array([1, 1, 1]), dates).tolist()
    [0, 2, 1]
    """
    order = dates.reset_index(drop=True).sort_values(ascending=False, kind="stable").index
    newest = order.to_numpy()
    inbound = np.zeros(len(lengths), np.int64)
    for row, length in enumerate(lengths.tolist()):
        first = newest[: length + 1]
        inbound[first[first != row][:length]] += 1
    return inbound


def score_distribution(model: Recommender, recommendations: pd.DataFrame) -> dict[str, Any]:
    """Return how many entries, and how many random pairs, have a score in each interval.

    Returns
    -------
    dict
        `bins` (number of equal intervals from 0 to 1), `shown` and `random` (counts per
        interval), and `min_score`.
    """
    first, second = random_pairs(len(model.articles_))
    random = dot_products((model.vectors_, first), (model.vectors_, second))
    edges = np.linspace(0, 1, BINS + 1)
    return {
        "bins": BINS,
        "shown": np.histogram(recommendations["score"], edges)[0].tolist(),
        "random": np.histogram(np.clip(random, 0, 1), edges)[0].tolist(),
        "min_score": model.min_score_,
    }


def stage_effects(model: Recommender, k: int) -> list[dict[str, Any]]:
    """Return what each step of the ranking changes in the first k entries of all lists.

    Returns
    -------
    list of dict
        One per step of `Recommender.trace`: its name (`step`), the candidates it leaves
        (`candidates`), and of the lists cut at k the number that it changed (`changed`), the
        entries that came `in` and went `out`, the number of empty lists (`empty`), articles in
        no list (`orphans`), the largest number of lists of one article (`most`) and the mean
        score (`mean_score`).

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                       "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> effects = stage_effects(Recommender(min_score=0.1, min_items=0).fit(table), k=2)
    >>> effects[0]["step"], effects[0]["candidates"], effects[-1]["orphans"]
    ('nearest', 2, 1)
    """
    n = len(model.articles_)
    found: list[dict[str, Any]] = []
    before: NDArray[np.int32] | None = None
    for name, lists in model.trace(k):
        cut = first_of(lists, k)
        now = padded(cut, k).indices
        found.append(_effect(name, lists, cut, n) | _difference(before, now))
        before = now
    return found


def _effect(name: str, lists: Ranked, cut: Ranked, n: int) -> dict[str, Any]:
    shown = cut.indices >= 0
    inbound = np.bincount(cut.indices[shown], minlength=n)
    return {
        "step": name,
        "candidates": int((lists.indices >= 0).sum()),
        "empty": int((~shown.any(axis=1)).sum()),
        "orphans": int((inbound == 0).sum()),
        "most": int(inbound.max(initial=0)),
        "mean_score": round(float(cut.scores[shown].mean(dtype=np.float64)), 6)
        if shown.any()
        else None,
    }


def _difference(before: NDArray[np.int32] | None, now: NDArray[np.int32]) -> dict[str, int]:
    """Return how many lists changed, and the entries that came in and went out."""
    if before is None:
        return {"changed": 0, "in": 0, "out": 0}
    same = (now[:, :, None] == before[:, None, :]) & (now >= 0)[:, :, None]
    return {
        "changed": int((now != before).any(axis=1).sum()),
        "in": int(((now >= 0) & ~same.any(axis=2)).sum()),
        "out": int(((before >= 0) & ~same.any(axis=1)).sum()),
    }


def reach_by_age(inbound: Counts, dates: pd.Series) -> list[dict[str, Any]]:
    """Return how often the articles of each time are shown, from the oldest to the newest.

    Parameters
    ----------
    inbound : ndarray of shape (n,), int64
        The number of lists in which each article appears.
    dates : Series of n datetime64
        Dates of the articles; those without one are left out.

    Returns
    -------
    list of dict
        At most `AGES` groups of equally many articles: `from` and `to` (days), `articles`,
        `reach` and `lists` (mean number of lists per article).

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-03"]))
    >>> [group["reach"] for group in reach_by_age(np.array([0, 3]), dates)]
    [0.0, 1.0]
    """
    known = dates.reset_index(drop=True).dropna().sort_values(kind="stable")
    groups = np.array_split(known.index.to_numpy(), min(AGES, max(len(known), 1)))
    return [
        {
            "from": f"{known[rows[0]]:%Y-%m-%d}",
            "to": f"{known[rows[-1]]:%Y-%m-%d}",
            "articles": len(rows),
            "reach": round(float((inbound[rows] > 0).mean()), 4),
            "lists": round(float(inbound[rows].mean()), 2),
        }
        for rows in groups
        if len(rows)
    ]


def duplicate_groups(model: Recommender, score: float = SAME) -> list[list[str]]:
    """Return the groups of articles that are nearly the same, the largest first.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted.
    score : float in (0, 1], default `SAME`
        How alike two articles must be; see
        [`near_duplicate_groups`][recommender.ranking.near_duplicate_groups].

    Returns
    -------
    list of list of str
        Ids in order.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Red boat", "Tea"],
    ...                       "text": ["The boat is red", "The boat is red", "Green"]})
    >>> duplicate_groups(Recommender().fit(table))
    [['a', 'b']]
    """
    _, nearest = next(model.trace())
    ids = model.articles_["id"].to_numpy(dtype=object)
    found = near_duplicate_groups(nearest, model.articles_, score)
    groups = [ids[rows].tolist() for rows in found]
    return sorted(groups, key=lambda names: (-len(names), names))

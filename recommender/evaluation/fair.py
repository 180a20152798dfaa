"""Fair judging by links: lists of only the articles that existed when each article was written.

An author cannot link to an article that is not written yet, so with links as judgments, newer
articles in a list count as misses, however good they are. Here they are not candidates: they are
masked before the search is cut to its candidates, so the lists are as long and as deep as others.
Dates are compared by the day on the page. Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.articles import row_of
from recommender.model import CANDIDATES, Recommender, lists_table, search_arguments
from recommender.neighbors import search
from recommender.neighbors.base import Neighbors, empty_neighbors
from recommender.ranking import (
    Context,
    Ranked,
    Stage,
    apply_stages,
    first_of,
    fit_stages,
    keep,
    lists_of,
    needs_site,
    ranked,
    repeats,
)

CELLS_AT_ONCE = 4_000_000
"""Neighbors held at once while the search goes deeper."""
DEEPER = 4
"""How many times as deep the search goes for lists that are not full yet."""


@dataclass(frozen=True)
class NotLater:
    """Drop candidates whose date is a later day than the seed's.

    An article without a date counts as old; a seed without a date keeps every candidate.

    Examples
    --------
    >>> NotLater()
    NotLater()
    """

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        return keep(lists, _existed(context.seeds, context.articles, lists.indices))


def fair_judgments(judgments: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Return the judgments whose related article existed when the query was written.

    Parameters
    ----------
    judgments : DataFrame
        `query`, `related`, `gain`; all ids are in `articles`.
    articles : DataFrame
        An Article table.

    Returns
    -------
    DataFrame
        Without the pairs where the related article has a later day than the query: such a
        link was added afterwards. A pair with a missing date stays. Queries that are left
        without a gain above 0 are omitted.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"],
    ...     "date": pd.to_datetime(["2020-01-01", "2021-01-01", None], utc=True)})
    >>> judgments = pd.DataFrame({"query": ["a", "a", "b"], "related": ["b", "c", "a"], "gain": 1})
    >>> fair_judgments(judgments, articles)[["query", "related"]].values.tolist()
    [['a', 'c'], ['b', 'a']]
    """
    day = pd.Series(days(articles["date"]), articles["id"])
    query, related = (day.reindex(judgments[name]).to_numpy() for name in ("query", "related"))
    table = judgments[~(related > query)]
    table = table[table.groupby("query")["gain"].transform("max") > 0]
    return table.reset_index(drop=True)


def fair_lists(model: Recommender, queries: Iterable[str], k: int) -> pd.DataFrame:
    """Return the lists of some articles, made of only the articles that existed then.

    Parameters
    ----------
    model : Recommender
        A fitted one; its stages are used.
    queries : iterable of str
        Ids of the articles to return lists for, in this order.
    k : int, >= 1
        Maximum length of a list.

    Returns
    -------
    DataFrame
        `article_id`, `rank`, `related_id`, `score`, `origin`, as from `recommend`.

    Raises
    ------
    UnknownArticleError
        If an id is not among the fitted articles.

    Notes
    -----
    For a query written on day d(q), article c is a candidate if d(c) <= d(q), or if one of the
    two has no date. Word weights and the hubness factor still come from the whole site.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Rye", "Rye", "Rye bread"],
    ...     "text": "Rye and bread", "date": ["2020-01-01", "2022-01-01", "2021-01-01"]})
    >>> model = Recommender(min_score=0.0, repeated_titles=True).fit(articles)
    >>> fair_lists(model, ["c"], 2)["related_id"].tolist()
    ['a']
    """
    articles, vectors = model.articles_, model.vectors_
    rows = np.array([row_of(articles, query) for query in queries], np.int32)
    own = np.arange(len(articles), dtype=np.int32)
    how = search_arguments(model)
    depth = min(max(k, CANDIDATES), len(articles))
    graph = search(vectors, vectors, depth, own_rows=own, **how)
    site = Context(articles, articles, vectors, graph, own, graph, k, dense=model.dense_)
    lists = first_of(rank_fairly(site, rows, fit_stages(model.stages_, site), **how), k)
    return lists_table(lists, articles.iloc[rows], articles)


def rank_fairly(
    site: Context, rows: NDArray[np.int32], stages: Sequence[Stage], **how: Any
) -> Ranked:
    """Run fitted stages on candidates that existed when the articles of `rows` were written.

    Parameters
    ----------
    site : Context
        With every article as a seed.
    rows : ndarray of shape (q,), int32
        The articles to make lists for.
    stages : sequence of callables
        As from `fit_stages`. `NotLater` runs after each: stages may add articles.
    **how
        Arguments of `search`, such as `threads`.

    Returns
    -------
    Ranked of shape (q, any)
    """
    seeds = site.own if needs_site(stages) else rows
    found = search_fairly(site.vectors, site.articles, seeds, site.graph.indices.shape[1], **how)
    context = site._replace(seeds=site.articles.iloc[seeds], own=seeds, found=found)
    lists = apply_stages(found, context, _fair(stages))
    return lists_of(lists, rows) if needs_site(stages) else lists


def search_fairly(
    vectors: sparse.csr_array,
    articles: pd.DataFrame,
    rows: NDArray[np.int32],
    depth: int,
    **how: Any,
) -> Neighbors:
    """Return the `depth` nearest of the articles that existed when each seed was written.

    Parameters
    ----------
    vectors : csr_array of shape (n, terms), float64
        Unit rows of the articles.
    articles : DataFrame of n rows
        An Article table.
    rows : ndarray of shape (q,), int32
        Rows of the seeds.
    depth : int, from 1 to n
        Number of neighbors for each seed.
    **how
        Arguments of `search`, such as `threads`.

    Returns
    -------
    Neighbors of shape (q, depth)

    Notes
    -----
    Searches all articles, masks the later ones, and searches `DEEPER` times as deep for the
    seeds whose lists are not full, until they are or every article has been found.
    """
    found = empty_neighbors(len(rows), depth)
    waiting, reach = np.arange(len(rows)), depth
    while len(waiting):
        unfinished = []
        size = max(CELLS_AT_ONCE // reach, 1)
        for part in np.split(waiting, range(size, len(waiting), size)):
            own = rows[part]
            near = search(vectors[own], vectors, reach, own_rows=own, **how)
            kept = keep(ranked(near), _existed(articles.iloc[own], articles, near.indices))
            found.indices[part] = kept.indices[:, :depth]
            found.scores[part] = kept.scores[:, :depth]
            deeper = (kept.indices[:, depth - 1] < 0) & (near.indices[:, -1] >= 0)
            unfinished.append(part[deeper])
        waiting, reach = np.concatenate(unfinished), min(DEEPER * reach, len(articles))
    return found


def days(dates: pd.Series) -> NDArray[np.float64]:
    """Return dates as days since 1970, NaN for a missing one.

    Examples
    --------
    >>> days(pd.Series(pd.to_datetime(["1970-01-02T23:00Z", None], utc=True))).tolist()
    [1.0, nan]
    """
    since = dates - pd.Timestamp(0, tz="UTC")
    return np.asarray(np.floor(since / pd.Timedelta(days=1)), np.float64)


def _fair(stages: Iterable[Any]) -> Iterator[Stage]:
    """Yield the stages so that none can bring in a later article, nor fill a list with one."""
    for stage in stages:
        removing = getattr(stage, "removing", None)
        fair = stage if removing is None else replace(stage, removing=(*removing, NotLater()))
        yield _Once(fair) if getattr(stage, "whole_site", False) else fair
        yield NotLater()


@dataclass(frozen=True)
class _Once:
    """A stage without what it adds again: fair lists are deeper than the graph that it looks at."""

    stage: Stage

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        made = self.stage(lists, context)
        return keep(made, ~repeats(made.indices))


def _existed(
    seeds: pd.DataFrame, articles: pd.DataFrame, indices: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which entries are not known to be later than their seed."""
    return ~(days(articles["date"])[indices] > days(seeds["date"])[:, None])

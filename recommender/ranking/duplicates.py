"""Show one article of a group of near-duplicates, and no copy of the article itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, Ranked, connected, keep, repeats
from recommender.ranking.links import LinkResolver
from recommender.text.languages import base_language

SHINGLE = 4
"""Number of words in a row that are compared."""

CANONICAL_COLUMNS = ("canonical", "canonical_url", "canonicalurl")
"""The columns in which an article names the address of its original."""

_HOST = re.compile(r"\A(?:[a-zA-Z][\w+.-]*:)?//[^/]*/?")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class NoDuplicates:
    """Keep one article of each group of near-duplicates, and no copy of the seed.

    Parameters
    ----------
    score : float in (0, 1], default 0.9
        How alike two articles must be, see `near_duplicate_groups`.
    labels : ndarray of shape (articles,), intp, optional
        The number of each article's group, or -1; set by `fitted`.
    order : ndarray of shape (articles,), intp, optional
        The smallest of a group stays; set by `fitted`.

    Notes
    -----
    Of a group, the article among the candidates of a list stays that another of the group names
    as its original, in one of `CANONICAL_COLUMNS`; else the newest; without dates, or on the same
    date, the first by id. It stays at its own place. In the list of one of its members, no article
    of a group stays. A new article is compared with its own candidates.

    Examples
    --------
    >>> NoDuplicates()
    NoDuplicates(score=0.9)
    """

    score: float = 0.9
    labels: NDArray[np.intp] | None = field(default=None, repr=False, compare=False)
    order: NDArray[np.intp] | None = field(default=None, repr=False, compare=False)

    looks_ahead: ClassVar[bool] = True

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        labels = self._labels(context) if self.labels is None else self.labels
        groups = np.where(lists.indices >= 0, labels[lists.indices], -1)
        own = np.where(context.own >= 0, labels[context.own], -1)
        copies = (groups == own[:, None]) & (groups >= 0)
        for row in np.flatnonzero(context.own < 0):
            same = self._copies(lists, context, int(row))
            copies[row] = same | (np.isin(groups[row], groups[row][same]) & (groups[row] >= 0))
        ranks = _preference(context.articles, labels) if self.order is None else self.order
        order = np.argsort(ranks[lists.indices], axis=1, kind="stable")
        older = np.zeros(copies.shape, np.bool_)
        np.put_along_axis(older, order, repeats(np.take_along_axis(groups, order, axis=1)), axis=1)
        return keep(lists, ~(copies | older))

    def fitted(self, site: Context) -> NoDuplicates:
        """Return this stage with the groups of the site."""
        labels = self._labels(site)
        return replace(self, labels=labels, order=_preference(site.articles, labels))

    def _labels(self, context: Context) -> NDArray[np.intp]:
        labels = np.full(len(context.articles), -1, np.intp)
        groups = near_duplicate_groups(context.graph, context.articles, self.score)
        for number, rows in enumerate(groups):
            labels[rows] = number
        return labels

    def _copies(self, lists: Ranked, context: Context, row: int) -> NDArray[np.bool_]:
        """Return which candidates in the list of a new article are near-duplicates of it."""
        same = np.asarray(lists.scores[row] >= np.float32(self.score))
        own = _shingles(_words(context.seeds, row))
        for place in np.flatnonzero(same):
            other = _shingles(_words(context.articles, int(lists.indices[row, place])))
            same[place] = _resemblance(own, other) >= self.score
        return same


def near_duplicate_groups(
    graph: Neighbors | Ranked, articles: pd.DataFrame, score: float
) -> list[NDArray[np.intp]]:
    """Return the groups of articles that are nearly the same.

    Parameters
    ----------
    graph : Neighbors or Ranked of shape (n, k)
        The nearest neighbors of every article.
    articles : DataFrame of n rows
        An Article table; uses `title`, `text` and `lang`.
    score : float in (0, 1]
        How alike two articles must be.

    Returns
    -------
    list of ndarray of intp
        The rows of each group of two or more, ascending; groups in order of their first rows.

    Notes
    -----
    Two articles are near-duplicates if both their cosine and the resemblance of their texts
    (title and text) reach `score`, or if title and text are equal, and if they are not known to
    be in different languages. With S(a) the set of runs of four words [1]_::

        resemblance(a, b) = |S(a) & S(b)| / |S(a) | S(b)|

    The cosine finds the pairs but cannot tell a copy from a sibling: pages of a reference differ
    in a name that occurs nowhere else, and such words have no weight. If the texts were freed,
    the titles are compared. Groups are the connected components: each article resembles one other
    of its group at least.

    References
    ----------
    .. [1] A. Z. Broder (1997). On the resemblance and containment of documents. Compression and
       Complexity of SEQUENCES, 21-29.

    Examples
    --------
    >>> table = pd.DataFrame({"title": ["Rye", "Oats", "Rye"], "lang": "en",
    ...                       "text": ["Sow it early.", "Sow it late.", "Sow it early."]})
    >>> graph = Neighbors(np.array([[2], [0], [0]], np.int32), np.ones((3, 1), np.float32))
    >>> [rows.tolist() for rows in near_duplicate_groups(graph, table, 0.9)]
    [[0, 2]]
    """
    pairs = [*_equal_pairs(articles), *_alike_pairs(graph, articles, score)]
    return connected(pairs, len(articles))


def _equal_pairs(articles: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield each article with the first article of the same title, text and language."""
    first: dict[tuple[str, ...], int] = {}
    columns = (articles[name] for name in ("title", "text", "lang"))
    for row, cells in enumerate(zip(*columns, strict=True)):
        if cells[1].strip() and first.setdefault(cells, row) != row:
            yield first[cells], row


def _alike_pairs(
    graph: Neighbors | Ranked, articles: pd.DataFrame, score: float
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of neighbors whose cosine and resemblance reach the score, each once."""
    rows, places = np.nonzero((graph.scores >= np.float32(score)) & (graph.indices >= 0))
    others = graph.indices[rows, places].astype(np.intp)
    pairs = np.unique(np.sort(np.stack([rows, others], axis=1), axis=1), axis=0)
    languages = [base_language(tag) for tag in articles["lang"]]
    known: dict[int, NDArray[np.int64]] = {}
    for first, second in pairs.tolist():
        if languages[first] and languages[second] and languages[first] != languages[second]:
            continue
        for row in (first, second):
            if row not in known:
                known[row] = _shingles(_words(articles, row))
        if _resemblance(known[first], known[second]) >= score:
            yield first, second


def _words(articles: pd.DataFrame, row: int) -> list[str]:
    return _WORD.findall(f"{articles['title'].iat[row]} {articles['text'].iat[row]}".casefold())


def _shingles(words: list[str]) -> NDArray[np.int64]:
    """Return a number for each distinct run of `SHINGLE` words, or for all words if fewer."""
    starts = range(max(1, len(words) - SHINGLE + 1))
    runs = {hash(tuple(words[start : start + SHINGLE])) for start in starts}
    return np.array(sorted(runs), np.int64)


def _resemblance(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the share of shingles that two articles have in common."""
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)


def _preference(articles: pd.DataFrame, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the place of each article: originals that their copies name, then the newest."""
    ranks, n = _age_ranks(articles), len(articles)
    ranks[list(_originals(articles, labels))] -= n + 1
    return ranks


def _originals(articles: pd.DataFrame, labels: NDArray[np.intp]) -> set[int]:
    """Return the rows that another article of their group names as its original.

    The host does not count: sources without addresses do not know the host of the site.
    """
    columns: list[list[Any]] = [articles[name].tolist() for name in _named(articles)]
    grouped = np.flatnonzero(labels >= 0).tolist()
    claims = [(row, cells[row]) for cells in columns for row in grouped]
    claims = [(row, link) for row, link in claims if isinstance(link, str) and link]
    if not claims:
        return set()
    resolver, ids = LinkResolver(articles), articles["id"].tolist()
    row_of = {name: row for row, name in enumerate(ids)}
    targets = [(row, resolver.resolve(_HOST.sub("/", link), ids[row])) for row, link in claims]
    found = [(row, row_of[target]) for row, target in targets if target is not None]
    return {other for row, other in found if other != row and labels[other] == labels[row]}


def _named(articles: pd.DataFrame) -> list[str]:
    return [str(name) for name in articles if str(name).casefold() in CANONICAL_COLUMNS]


def _age_ranks(articles: pd.DataFrame) -> NDArray[np.intp]:
    """Return the place of each article in the order from the newest to those without a date."""
    if "date" not in articles:
        return np.arange(len(articles))
    ranks = articles["date"].rank(method="first", ascending=False, na_option="bottom")
    return np.asarray(ranks, np.intp)

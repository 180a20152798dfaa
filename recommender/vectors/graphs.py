"""`GraphMemory`: the neighbor graph of an earlier run, from which the next one is made.

Connects what `neighbors.carry` needs with articles and terms: rows are matched by id, columns by
term. The lists are the same as without it. Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recommender.errors import ConfigError
from recommender.neighbors.base import Neighbors
from recommender.neighbors.carry import EXTRA, Earlier, Known, carry, known_of
from recommender.vectors.termspace import Columns, TermSpace

LEAST_ARTICLES = 5_000
"""With fewer articles a full search takes less than the time to read what was kept."""

STALE = 0.02
"""If a larger share of the rows had to be searched, this run's graph replaces the last one. Else
the last one is kept, since writing takes longer than searching for a few rows again."""


class Remembered(NamedTuple):
    """A graph, and all that tells how far the rows have moved since."""

    ids: list[str]
    """The n articles."""
    columns: Columns
    """The terms of the rows."""
    rows: sparse.csr_array
    """Of shape (n, terms), float64 or float32: unit rows."""
    known: Known
    """The lists."""


class GraphMemory:
    """The graph of the last run, and of this one.

    Parameters
    ----------
    last : Remembered or None
        What the last run left in `now`.

    Attributes
    ----------
    now : Remembered or None
        After `search`: what to keep for the next run. It may be `last` itself.
    """

    def __init__(self, last: Remembered | None = None) -> None:
        self.last = last
        self.now: Remembered | None = None

    def search(
        self,
        ids: list[str],
        space: TermSpace,
        rows: sparse.csr_array,
        depth: int,
        search_all: Callable[[int], Neighbors],
    ) -> Neighbors:
        """Return the nearest other rows of every row, searching only where it is necessary.

        Parameters
        ----------
        ids : list of str
            The articles.
        space : TermSpace
            The terms of the rows.
        rows : csr_array of shape (n, terms), float64
            Unit rows.
        depth : int, >= 1
            Length of each list.
        search_all : callable
            Returns complete lists of a length.

        Returns
        -------
        Neighbors
            Arrays of shape (n, depth), bit for bit those of ``search_all(depth)``.
        """
        last = self.last
        carried = last and carry(rows, depth, _seen_from(ids, space, last))
        if carried:
            found, known = carried.found, carried.known
        else:
            try:
                found = search_all(depth + EXTRA)
            except ConfigError:  # the longer lists do not fit into memory
                return search_all(depth)
            known = known_of(found)
        if carried and carried.searched <= STALE * len(ids):
            self.now = last
        else:
            self.now = Remembered(ids, Columns.of(space), rows, known)
        indices, scores = found.indices[:, :depth], found.scores[:, :depth]
        return Neighbors(np.ascontiguousarray(indices), np.ascontiguousarray(scores))


def _seen_from(ids: list[str], space: TermSpace, last: Remembered) -> Earlier:
    """Return what was remembered, by the rows and columns of today."""
    place = dict(zip(last.ids, range(len(last.ids)), strict=True))
    places = np.array([place.get(article_id, -1) for article_id in ids], np.int32)
    return Earlier(last.rows, space.columns_of(last.columns), places, last.known)

"""Exact lists from those of an earlier, similar set of rows: only some rows are searched again.

Keeps lists a little longer than needed, and a bound on the scores of all other rows. When rows
change, the bound grows by what they have grown; a list whose k-th score is still above it is
proven. Lists are those of `base.search_reference`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import LONGEST, integers, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.neighbors import pruned
from recommender.neighbors.base import SCORE_SCALE, Neighbors, empty_neighbors
from recommender.neighbors.between import search_between
from recommender.resources import processors

with suppress(ImportError):  # then `carry` returns None
    from recommender.neighbors import _pruned

EXTRA = 8
"""How many more neighbors than needed are kept for each row."""

FACTORS = 1 + np.array([0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2])
"""Multiples of an earlier row that growth is measured above; the best one is chosen."""

MOST = 0.25
"""If a larger share of the rows must be searched, a full search takes less time."""

SAMPLE = 1_000
"""Number of rows from which that share is estimated first."""

RANGE_ROWS = 4_096
"""Number of rows that a thread works on at a time; each range needs room for all terms."""

HALF = 0.5 / SCORE_SCALE + 1e-9
"""How much an exact score may exceed a rounded one, with room for the errors of sums."""

TO_FLOAT32 = 1 + 2.0**-23
"""By this factor float32 may exceed what it rounds."""


class Known(NamedTuple):
    """Lists of n rows that later ones can be made from."""

    indices: NDArray[np.int32]
    """int32 of shape (n, k + EXTRA): different rows in any order, or -1."""
    outside: NDArray[np.float64]
    """float64 of shape (n,): no other row has a higher cosine, the row itself aside."""


class Earlier(NamedTuple):
    """Earlier rows and their lists, seen from the rows of today."""

    rows: sparse.csr_array
    """float32 of shape (m, earlier terms): earlier rows, of unit length."""
    columns: NDArray[np.int32]
    """int32 of shape (earlier terms,): the column of today of each term, or -1; none twice."""
    places: NDArray[np.int32]
    """int32 of shape (n,): which earlier row each row was, or -1; none twice."""
    known: Known
    """The lists of the earlier rows."""


class Carried(NamedTuple):
    """Lists made from earlier ones."""

    found: Neighbors
    """int32 and float32 of shape (n, k + EXTRA): the first k are exact, the others may be not."""
    known: Known
    """What later lists can be made from."""
    searched: int
    """How many rows were compared with all others."""


def known_of(found: Neighbors) -> Known:
    """Return complete lists as lists that later ones can be made from.

    Examples
    --------
    >>> found = Neighbors(np.array([[1]], np.int32), np.array([[0.25]], np.float32))
    >>> known_of(found).outside.round(4).tolist()
    [0.25]
    """
    return Known(found.indices, _whole(found.scores[:, -1]) / SCORE_SCALE + HALF)


def carry(
    rows: sparse.csr_array, k: int, earlier: Earlier, *, threads: int | None = None
) -> Carried | None:
    """Return the k nearest other rows of every row, comparing few of them with all others.

    Parameters
    ----------
    rows : csr_array of shape (n, terms), float64, rows of unit length, sorted indices
        The rows of today.
    k : int, >= 1
        Length of each list.
    earlier : Earlier
        What `known_of` or this function returned for earlier rows, with the same k.
    threads : int, >= 1, optional
        As for `neighbors.search`.

    Returns
    -------
    Carried or None
        The first k of each list are bit for bit those of `search_reference`. None if a full search
        takes less time, the earlier lists have another length, or the compiled extension is not
        installed.

    Raises
    ------
    ConfigError
        If an argument breaks the contract.

    Notes
    -----
    Weights are not negative. So if a row a has become a' <= f a + e (by the positive part e of
    a' - f a), and every b has become b' <= f b + e_b with \\|e_b\\| <= t, then

        a' b' <= f^2 a b + f t + \\|e\\|

    by Cauchy and Schwarz. New rows, rows that have grown by more than t and rows whose k-th score
    is not above this bound are compared with all; f and t are chosen so that these are fewest.

    Examples
    --------
    >>> from recommender.neighbors import search
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> own = np.arange(3, dtype=np.int32)
    >>> known = known_of(search(rows, rows, 1 + EXTRA, own_rows=own))
    >>> earlier = Earlier(rows.astype(np.float32), np.arange(2, dtype=np.int32), own, known)
    >>> carried = carry(rows, 1, earlier)
    >>> carried is None or carried.found.indices[:, 0].tolist() == [1, 2, 1]
    True
    """
    rows, k, earlier = _checked(rows, whole_number("k", k), earlier)
    n = rows.shape[0]
    fits = pruned.AVAILABLE and n > 0 and earlier.known.indices.shape[1] == k + EXTRA
    few = np.count_nonzero(earlier.places < 0) <= MOST * n
    if not fits or not few or pruned.longest(rows) > pruned.MAX_TERMS:
        return None
    threads = processors() if threads is None else whole_number("threads", threads)
    return _Carry(rows, k, earlier, threads).run()


class _Carry:
    """One call of `carry`: what its steps share."""

    def __init__(self, rows: sparse.csr_array, k: int, earlier: Earlier, threads: int) -> None:
        self.matrix, self.rows, self.k = rows, pruned.rows_of(rows), k
        self.n, self.threads = rows.shape[0], threads
        self.earlier = earlier
        self.old = np.flatnonzero(earlier.places >= 0).astype(np.int32)
        self.candidates = self._candidates()
        before = earlier.places[self.old]
        self.outside = np.zeros(self.n)
        self.outside[self.old] = earlier.known.outside[before]
        self.empty = np.diff(self.rows.indptr) == 0
        self.rescored = empty_neighbors(self.n, k + EXTRA)

    def run(self) -> Carried | None:
        """Return the lists, or None if too many rows must be searched."""
        growth = self._growth()
        sample = self.old[:: max(1, len(self.old) // SAMPLE)].copy()
        self._rescore(sample)
        _, again = self._plan(growth, sample)
        if again.mean() > MOST:
            return None
        self._rescore(np.setdiff1d(self.old, sample))
        outside, again = self._plan(growth, np.arange(self.n, dtype=np.int32))
        if again.mean() > MOST:
            return None
        return self._joined(outside, np.flatnonzero(again).astype(np.int32))

    def _candidates(self) -> NDArray[np.int32]:
        """Return the earlier neighbors of each row that are still there, by today's numbers."""
        known, places = self.earlier.known, self.earlier.places
        today = np.full(len(known.outside) + 1, -1, np.int32)  # the last for -1
        today[places[self.old]] = self.old
        candidates = np.full((self.n, self.k + EXTRA), -1, np.int32)
        candidates[self.old] = today[known.indices[places[self.old]]]
        return candidates

    def _growth(self) -> NDArray[np.float64]:
        """Return by how much each row exceeds each multiple of its earlier one; new ones by inf."""
        before, columns = self.earlier.rows, self.earlier.columns
        earlier = (
            np.ascontiguousarray(before.indptr, np.int64),
            columns[before.indices],
            np.ascontiguousarray(before.data, np.float32),
            self.rows.terms,
        )
        growth = np.full((self.n, len(FACTORS)), np.inf)
        self._in_threads(
            lambda some: _pruned.measure_growth(
                self.rows, earlier, some, self.earlier.places, FACTORS, growth
            ),
            self.old,
        )
        return growth

    def _rescore(self, some: NDArray[np.int32]) -> None:
        """Score the earlier neighbors of some rows."""
        self._in_threads(
            lambda some: _pruned.score_rows(self.rows, some, self.candidates, *self.rescored), some
        )

    def _in_threads(self, work: Callable[[pruned.Range], None], some: NDArray[np.int32]) -> None:
        ranges = np.split(some, range(RANGE_ROWS, len(some), RANGE_ROWS))
        pruned.in_ranges(work, ranges, self.threads)

    def _plan(
        self, growth: NDArray[np.float64], some: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the bound for rescored rows, and which must be searched: as few as possible."""
        kth = self.rescored.scores[some, self.k - 1].astype(np.float64)
        best = np.full(len(some), np.inf), np.ones(len(some), np.bool_)
        for at, factor in enumerate(FACTORS * TO_FLOAT32):
            grown = growth[some, at]
            alone = factor * factor * self.outside[some] + LONGEST * grown + 1e-9
            alone[self.empty[some]] = 0.0
            known = np.sort(grown[np.isfinite(grown)])
            for left_out in (0, *(1 << np.arange(len(known).bit_length()))):
                if left_out >= len(known):
                    break
                most = known[len(known) - 1 - left_out]
                outside = np.where(self.empty[some], 0.0, alone + LONGEST * factor * most)
                again = (grown > most) | (_millionths(outside) >= np.maximum(_whole(kth), 1))
                if again.sum() < best[1].sum():
                    best = outside, again
        return best

    def _joined(self, outside: NDArray[np.float64], again: NDArray[np.int32]) -> Carried:
        """Compare some rows with all, and return the lists of all."""
        found = self.rescored
        if not len(again):
            return Carried(
                found, Known(found.indices, np.maximum(outside, known_of(found).outside)), 0
            )
        least = np.minimum(_millionths(outside) / SCORE_SCALE, 1.0).astype(np.float32)
        least[again] = 1.0
        forth, back = search_between(
            self.matrix[again],
            self.matrix,
            self.k + EXTRA + 1,  # each finds itself
            least=(found.scores[again, -1], least),
            threads=self.threads,
        )
        searched = np.zeros(self.n + 1, np.bool_)  # the last for -1
        searched[again] = True
        gone = searched[found.indices]
        entered = back.indices >= 0
        changed = np.flatnonzero((gone.any(axis=1) | entered.any(axis=1)) & ~searched[:-1])
        wide = int(entered[changed].sum(axis=1).max(initial=0))
        stayed = np.where(gone[changed], 0, found.scores[changed])
        scores = np.hstack([stayed, back.scores[changed, :wide]])
        others = again[back.indices[changed, :wide]]
        self._write(changed, np.hstack([found.indices[changed], others]), scores)
        itself = forth.indices == again[:, None]
        self._write(again, forth.indices, np.where(itself, 0, forth.scores))
        limits = known_of(found).outside
        limits[~searched[:-1]] = np.maximum(outside, limits)[~searched[:-1]]
        return Carried(found, Known(found.indices, limits), len(again))

    def _write(
        self, some: NDArray[np.integer], indices: NDArray[np.int32], scores: NDArray[np.floating]
    ) -> None:
        """Write the best of given entries as the lists of some rows; score 0 is no entry."""
        width = self.k + EXTRA
        keys = np.where(scores > 0, _whole(scores) * self.n + (self.n - 1 - indices), -1)
        order = np.argsort(-keys, axis=1, kind="stable")[:, :width]
        best = np.take_along_axis(scores, order, axis=1)
        rows = np.where(best > 0, np.take_along_axis(indices, order, axis=1), -1)
        self.rescored.indices[some], self.rescored.scores[some] = rows, best


def _whole(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return rounded scores as millionths."""
    return np.rint(scores.astype(np.float64) * SCORE_SCALE).astype(np.int64)


def _millionths(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the highest rounded score of a cosine that is not above a bound."""
    return np.floor(np.minimum(bounds, 2.0) * SCORE_SCALE + 0.5 + 1e-6).astype(np.int64)


def _checked(
    rows: sparse.csr_array, k: int, earlier: Earlier
) -> tuple[sparse.csr_array, int, Earlier]:
    """Return arguments that are safe to pass to the kernels."""
    rows = unit_rows("rows", rows)
    before = unit_rows("earlier rows", earlier.rows, np.float32)
    n, terms = rows.shape
    m, width = before.shape
    columns = integers("earlier columns", earlier.columns, -1, terms - 1, width)
    places = integers("earlier places", earlier.places, -1, m - 1, n)
    known = earlier.known
    flat = integers("earlier neighbors", known.indices.ravel(), -1, m - 1)
    outside = np.ascontiguousarray(known.outside, np.float64)
    if known.indices.ndim != 2 or len(known.indices) != m or outside.shape != (m,):
        raise ConfigError(f"earlier lists must be those of {m:,} rows")
    if not (outside >= 0).all():
        raise ConfigError("earlier bounds must be numbers >= 0")
    for name, numbers in (("columns", columns), ("places", places)):
        if np.bincount(numbers[numbers >= 0]).max(initial=0) > 1:
            raise ConfigError(f"earlier {name}: one is named twice")
    indices = flat.astype(np.int32).reshape(known.indices.shape)
    known = Known(indices, outside)
    return rows, k, Earlier(before, columns.astype(np.int32), places.astype(np.int32), known)

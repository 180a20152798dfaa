"""Exact search between two matrices in both directions at once: each pair is compared once.

If the scores of a row's neighbors elsewhere are given, pairs that cannot be among the nearest are
skipped. Lists follow the contract of `base`.
"""

from __future__ import annotations

import math
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import LONGEST, scores, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.neighbors import pruned, search
from recommender.neighbors.base import SCORE_SCALE, Neighbors, empty_neighbors
from recommender.resources import processors

with suppress(ImportError):  # then `_fits` keeps away from it
    from recommender.neighbors import _pruned

Scores = NDArray[np.float32]

Side = tuple[Neighbors, NDArray[np.float32]]
"""The lists of one side, and a floor for each."""

Room = tuple[int, int, Any]
"""The width, room and floors of the lists of one side."""

FEW = 64
"""Up to this many lists that are not proven are searched again without an index of the others."""

LARGEST = math.sqrt(LONGEST)
"""No row is longer."""


def search_between(
    first: sparse.csr_array,
    second: sparse.csr_array,
    k: int,
    *,
    least: tuple[Scores, Scores] | None = None,
    threads: int | None = None,
) -> tuple[Neighbors, Neighbors]:
    """Return the k nearest rows of `second` for each row of `first`, and vice versa.

    Parameters
    ----------
    first, second : csr_array of shape (m, terms) and (n, terms), float64
        Unit rows with sorted indices. A row that is in both finds itself.
    k : int, >= 1
        Length of each list.
    least : pair of ndarray of shape (m,) and (n,), float32, optional
        Minimum score of a neighbor for each row, in whole millionths; a list may omit neighbors
        with lower scores.
    threads : int, >= 1, optional
        As for `neighbors.search`.

    Returns
    -------
    two Neighbors, of shape (m, k) and (n, k)
        Bit for bit those of `search_reference`, except for neighbors below `least`.

    Raises
    ------
    ConfigError
        If an argument breaks the contract.

    Examples
    --------
    >>> first = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8]]))
    >>> forth, back = search_between(first, sparse.csr_array(np.array([[0.0, 1.0]])), 2)
    >>> forth.indices.tolist(), back.indices.tolist()
    ([[-1, -1], [0, -1]], [[1, -1]])
    """
    first, second = unit_rows("first", first), unit_rows("second", second)
    threads = processors() if threads is None else whole_number("threads", threads)
    k = whole_number("k", k)
    m, n = first.shape[0], second.shape[0]
    wanted = _wanted(least, m, n)
    if not _fits(first, second):
        forth, back = (
            search(a, b, k, threads=threads) for a, b in ((first, second), (second, first))
        )
        return forth, back
    if first.shape[1] != second.shape[1]:
        raise ConfigError(
            f"first {first.shape} and second {second.shape} do not fit, "
            "expected rows of the same columns"
        )
    sides = pruned.rows_of(first), pruned.rows_of(second)
    threads = min(threads, _pruned.MAX_THREADS)
    firsts, seconds = _join(*sides, k, wanted, threads)
    for (found, floors), seeds, candidates in ((firsts, first, second), (seconds, second, first)):
        failed = np.flatnonzero(floors >= 0)
        if len(failed) > FEW:
            again = search(seeds[failed], candidates, k, threads=threads)
        elif len(failed):
            few = pruned.rows_of(seeds[failed])
            again = _again(few, pruned.rows_of(candidates), k, floors[failed], threads)
        else:
            continue
        found.indices[failed], found.scores[failed] = again
    return firsts[0], seconds[0]


def _join(
    first: pruned.Rows, second: pruned.Rows, k: int, least: NDArray[np.int64], threads: int
) -> tuple[Side, Side]:
    """Return the lists of both sides, with floors: a list whose floor is >= 0 is not proven."""
    m, n = len(first.indptr) - 1, len(second.indptr) - 1
    accepted = np.maximum(_pruned.FLOOR, (least - 0.6) / SCORE_SCALE * (1 - pruned.GUARD))
    firsts, seconds = _compared(
        first,
        second,
        (*pruned.list_sizes(k, n), accepted[:m]),
        (*pruned.list_sizes(k, m), accepted[m:]),
        threads,
    )
    return (
        _decided(second, first, firsts, least[:m], k, threads),
        _decided(first, second, seconds, least[m:], k, threads),
    )


def _again(
    few: pruned.Rows, others: pruned.Rows, k: int, floors: Scores, threads: int
) -> Neighbors:
    """Return the lists of rows whose floors are known, from all others that score above them."""
    every = len(others.indptr)
    lists, _ = _compared(few, others, (every, every, floors), (1, 1, np.inf), threads)
    found, _ = _decided(others, few, lists, np.zeros(len(floors), np.int64), k, threads)
    return found


def _compared(
    first: pruned.Rows, second: pruned.Rows, firsts_in: Room, seconds_in: Room, threads: int
) -> tuple[list[_pruned.Lists], list[_pruned.Lists]]:
    """Offer each pair of rows to the lists of both sides, which each thread has of its own.

    The rows of `second` are the seeds. To the lists of `first` they are rows after its own,
    as `search_rows` compares a seed with the candidates before it.
    """
    m, n = len(first.indptr) - 1, len(second.indptr) - 1
    index = pruned.index_of(first, pruned.plan_terms(first, least=1))
    firsts = [_pruned.Lists(m, *firsts_in) for _ in range(threads)]
    seconds = [_pruned.Lists(n, *seconds_in) for _ in range(threads)]
    free: SimpleQueue[int] = SimpleQueue()
    for thread in range(threads):
        free.put(thread)

    def compare(rows: pruned.Range) -> None:
        thread = free.get()
        try:
            _pruned.search_rows(
                index, second, rows, rows, rows + np.int32(m), seconds[thread], firsts[thread]
            )
        finally:
            free.put(thread)

    pruned.in_ranges(compare, pruned.ranges_of(n), threads)
    for lists in firsts:
        lists.move_rows(-m)
    return firsts, seconds


def _decided(
    candidates: pruned.Rows,
    seeds: pruned.Rows,
    lists: list[_pruned.Lists],
    least: NDArray[np.int64],
    k: int,
    threads: int,
) -> Side:
    """Return the lists of one side in float64, by the tie rule, with their floors."""
    n = len(seeds.indptr) - 1
    found, floors = empty_neighbors(n, k), np.empty(n, np.float32)

    def decide(rows: pruned.Range) -> None:
        some = np.empty(len(rows), np.float32)
        _pruned.finish_rows(
            candidates, seeds, rows, rows, lists, LARGEST, least[rows], *found, some
        )
        floors[rows] = some

    pruned.in_ranges(decide, pruned.ranges_of(n), threads)
    return found, floors


def _wanted(least: tuple[Scores, Scores] | None, m: int, n: int) -> NDArray[np.int64]:
    """Return the millionths that a neighbor of each row of both must score."""
    if least is None:
        return np.zeros(m + n, np.int64)
    if not isinstance(least, tuple | list) or len(least) != 2:
        raise ConfigError("least must be two arrays of scores, one for each side")
    both = scores("least of first", least[0], m), scores("least of second", least[1], n)
    return np.rint(np.concatenate(both) * SCORE_SCALE).astype(np.int64)


def _fits(first: sparse.csr_array, second: sparse.csr_array) -> bool:
    """Return whether compiled code is available and supports the rows of both sides."""
    if not pruned.AVAILABLE or not first.shape[0] or not second.shape[0]:
        return False
    return max(pruned.longest(first), pruned.longest(second)) <= pruned.MAX_TERMS

"""Exact search between two matrices from both sides at once: each pair is compared once.

What is known of a row's neighbors elsewhere can be given, so that little is scored that cannot
be among them. Lists by the contract of `base`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import scores, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.neighbors import pruned, search
from recommender.neighbors.base import SCORE_SCALE, Neighbors
from recommender.resources import processors

Scores = NDArray[np.float32]


def search_between(
    first: sparse.csr_array,
    second: sparse.csr_array,
    k: int,
    *,
    least: tuple[Scores, Scores] | None = None,
    threads: int | None = None,
) -> tuple[Neighbors, Neighbors]:
    """Return the k nearest rows of `second` for each row of `first`, and the other way round.

    Parameters
    ----------
    first, second : csr_array of shape (m, terms) and (n, terms), float64
        Unit rows with sorted indices; no row stands in both.
    k : int, >= 1
        Length of each list.
    least : pair of ndarray of shape (m,) and (n,), float32, optional
        Scores, in whole millionths, that a neighbor of each row must reach to be wanted: a list
        may lack those below.
    threads : int, >= 1, optional
        As for `neighbors.search`.

    Returns
    -------
    two Neighbors, of shape (m, k) and (n, k)
        Bit for bit those of `search_reference`, but for what `least` does not want.

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
    both = pruned.rows_of(sparse.csr_array(sparse.vstack([first, second])))
    join = pruned.Search(
        both,
        both,
        k,
        np.arange(m + n, dtype=np.int32),
        threads=threads,
        halves=True,
        start=m,
        least=wanted,
    )
    join.first(None)
    failed = join.floors >= 0
    forth = Neighbors(join.found.indices[:m], join.found.scores[:m])
    forth.indices[forth.indices >= 0] -= m
    back = Neighbors(join.found.indices[m:], join.found.scores[m:])
    for found, rows, seeds, candidates in (
        (forth, np.flatnonzero(failed[:m]), first, second),
        (back, np.flatnonzero(failed[m:]), second, first),
    ):
        if len(rows):
            again = search(seeds[rows], candidates, k, threads=threads)
            found.indices[rows], found.scores[rows] = again
    return forth, back


def _wanted(least: tuple[Scores, Scores] | None, m: int, n: int) -> NDArray[np.int64]:
    """Return the millionths that a neighbor of each row of both must score."""
    if least is None:
        return np.zeros(m + n, np.int64)
    if not isinstance(least, tuple | list) or len(least) != 2:
        raise ConfigError("least must be two arrays of scores, one for each side")
    both = scores("least of first", least[0], m), scores("least of second", least[1], n)
    return np.rint(np.concatenate(both) * SCORE_SCALE).astype(np.int64)


def _fits(first: sparse.csr_array, second: sparse.csr_array) -> bool:
    """Tell whether there is compiled code, and rows on both sides that it can take."""
    if not pruned.AVAILABLE or not first.shape[0] or not second.shape[0]:
        return False
    return max(pruned.longest(first), pruned.longest(second)) <= pruned.MAX_TERMS

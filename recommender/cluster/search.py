"""Exact search in shards: a shard in itself, two from both sides, lists merged by the tie rule.

A shard is some rows of a larger matrix, each with its number there. Merged, the lists of all blocks
are those of one search over the whole matrix, bit for bit, for any division into shards. Needs two
shards at a time. Knows no cluster: `build` decides who runs the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import MOST, integers, whole_number
from recommender.errors import ConfigError
from recommender.neighbors import search
from recommender.neighbors.base import SCORE_SCALE, Neighbors, empty_neighbors
from recommender.neighbors.between import search_between

ROW_BITS = 32
"""Bits of a key below the score: rows are int32."""


class Shard(NamedTuple):
    """Some rows of a matrix."""

    numbers: NDArray[np.int32]
    """int32 of shape (n,): the number of each row in the whole matrix, ascending."""
    rows: sparse.csr_array
    """float64 of shape (n, terms): unit rows, sorted indices."""


def search_block(
    seeds: Shard, candidates: Shard, k: int, *, engine: str = "auto", threads: int | None = None
) -> Neighbors:
    """Return the k nearest candidates of every seed within one block.

    Parameters
    ----------
    seeds, candidates : Shard
        Shards of one matrix; the same object for a block on the diagonal, which is faster.
    k : int, >= 1
        Length of each list; may exceed the number of candidates.
    engine, threads
        As for `recommender.neighbors.search`.

    Returns
    -------
    Neighbors of shape (seeds, k)
        `indices` are row numbers of the whole matrix. A seed is never its own neighbor, at any
        position among the candidates.

    Examples
    --------
    >>> odd = Shard(np.array([1, 3], np.int32), sparse.csr_array(np.array([[0.6, 0.8], [0, 1]])))
    >>> search_block(odd, odd, 2).indices.tolist()
    [[3, -1], [1, -1]]
    """
    seeds, candidates = _checked(seeds), _checked(candidates)
    k = whole_number("k", k)
    if not len(candidates.numbers):
        return empty_neighbors(len(seeds.numbers), k)
    place = np.searchsorted(candidates.numbers, seeds.numbers)
    place[place == len(candidates.numbers)] = 0
    own = np.where(candidates.numbers[place] == seeds.numbers, place, -1).astype(np.int32)
    found = search(seeds.rows, candidates.rows, k, own_rows=own, engine=engine, threads=threads)
    numbers = np.where(found.indices >= 0, candidates.numbers[found.indices], np.int32(-1))
    return Neighbors(numbers, found.scores)


def search_pair(
    first: Shard,
    second: Shard,
    k: int,
    *,
    known: tuple[Neighbors, Neighbors] | None = None,
    threads: int | None = None,
) -> tuple[Neighbors, Neighbors]:
    """Return the k nearest rows of the other shard for every row of two shards.

    Parameters
    ----------
    first, second : Shard
        Shards of one matrix that have no row in common.
    k : int, >= 1
        Length of each list.
    known : pair of Neighbors of shape (rows of the shard, k), optional
        Neighbors of these rows in other shards. Neighbors that cannot be among the k best of both
        may be left out; the nearer the known ones, the faster the search.
    threads : int, >= 1, optional
        As for `recommender.neighbors.search`.

    Returns
    -------
    two Neighbors, of shape (rows of the shard, up to k)
        `indices` are numbers of the whole matrix.

    Examples
    --------
    >>> odd = Shard(np.array([1, 3], np.int32), sparse.csr_array(np.array([[0.6, 0.8], [0, 1]])))
    >>> even = Shard(np.array([2], np.int32), sparse.csr_array(np.array([[0.0, 1.0]])))
    >>> [found.indices.tolist() for found in search_pair(odd, even, 2)]
    [[[2], [2]], [[3, 1]]]
    """
    first, second = _checked(first), _checked(second)
    least = None if known is None else (known[0].scores[:, -1], known[1].scores[:, -1])
    forth, back = search_between(first.rows, second.rows, k, least=least, threads=threads)
    return _numbered(forth, second), _numbered(back, first)


def _checked(shard: Shard) -> Shard:
    """Return a shard with its numbers as an array, or raise unless each row has one, rising."""
    n = shard.rows.shape[0] if sparse.issparse(shard.rows) else 0
    numbers = integers("numbers of a shard", shard.numbers, 0, MOST, n)
    if (np.diff(numbers) <= 0).any():
        raise ConfigError("numbers of a shard must rise", "sort the rows by their numbers")
    return Shard(numbers.astype(np.int32, copy=False), shard.rows)


def _numbered(found: Neighbors, shard: Shard) -> Neighbors:
    """Return lists with the numbers of the whole matrix, no longer than needed."""
    longest = int((found.indices >= 0).sum(axis=1).max(initial=0))
    rows = found.indices[:, :longest]
    return Neighbors(np.where(rows >= 0, shard.numbers[rows], -1), found.scores[:, :longest])


def merge_neighbors(lists: Sequence[Neighbors], k: int) -> Neighbors:
    """Return the k best of several lists for each of the same seeds, by the tie rule.

    Parameters
    ----------
    lists : sequence of Neighbors of shape (n, any), at least one
        No row occurs twice in the lists of a seed.
    k : int, >= 1
        Length of the lists returned.

    Returns
    -------
    Neighbors of shape (n, k)
        The result does not depend on the order of the lists, or on earlier merges.

    Notes
    -----
    key = 2^32 millionths + (2^31 - 1 - row), so that one comparison is the whole rule.

    Examples
    --------
    >>> first = Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32))
    >>> second = Neighbors(np.array([[2, -1]], np.int32), np.array([[0.8, 0]], np.float32))
    >>> merge_neighbors([first, second], 2).indices.tolist()
    [[7, 2]]
    """
    out = empty_neighbors(len(lists[0].indices), k)
    rows = np.concatenate([found.indices for found in lists], axis=1).astype(np.int64)
    scores = np.concatenate([found.scores for found in lists], axis=1).astype(np.float64)
    millionths = np.rint(scores * SCORE_SCALE).astype(np.int64)
    last = np.int64(np.iinfo(np.int32).max)
    keys = np.where(rows >= 0, (millionths << ROW_BITS) + (last - rows), -1)
    keys = -np.sort(-keys, axis=1)[:, :k]
    best, places = np.divmod(keys, 1 << ROW_BITS)
    found = keys >= 0
    out.indices[:, : keys.shape[1]] = np.where(found, last - places, -1)
    out.scores[:, : keys.shape[1]] = np.where(found, best / SCORE_SCALE, 0.0)
    return out

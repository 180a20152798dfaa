"""The fast exact engine: plans the work that the compiled kernels of `_pruned` do.

The lists are those of `base.search_reference`, bit for bit, for any number of threads. Owns the
split of the terms, the ranges of seeds, the threads, and the second search for seeds whose lists
the first could not prove. Memory is linear in the number of weights. Without the compiled
extension, `AVAILABLE` is False and `search_pruned` raises; there is no silent fallback.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.neighbors.base import (
    Neighbors,
    checked_search,
    empty_neighbors,
    search_reference,
)
from recommender.resources import Progress, available_memory, processors, startable

try:
    from recommender.neighbors import _pruned
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

HEAD_SHARE, HEAD_SHARE_OF_MANY, MANY = 0.05, 0.08, 1 << 16
"""A term in more than this share of the candidates is a head term: it has SIMD lanes instead of
postings. With more rows, more pairs are dropped before their heads are multiplied, so the larger
share is used from `MANY` rows on. CPU seconds with shares of 0.05, 0.08 and 0.1: 2.7, 2.9 and 2.9
for 36,000 rows of a wiki (k = 50); 15.3, 14.3 and 14.3 for 100,000 rows of generated news (k = 10).
For 300,000 rows: 106 with the first, 102 with 0.1."""
MAX_HEAD = 4096
"""Maximum number of head terms: the table of a batch takes 64 bytes for each."""
RARE_PER_BLOCK = 3.0
"""A term with fewer postings per block is a rare term: its postings are read in order, without
offsets."""
SLACK = 6
"""A float32 list has this many entries more than k, so that the guard rarely fails."""
ROOM = 2
"""A float32 list may grow to this multiple of its length before its worst half is removed."""
RANGE_ROWS = 512
"""Number of seeds in a range: they share a block of candidates in the cache, and Ctrl-C waits for
them."""
GUARD = 2.0**-11
"""Maximum relative error of the float32 score of rows with up to 4,000 terms: the packing of a
posting and all roundings. The list of a longer row may be searched for twice."""
AGAIN_ROWS = 16
"""Number of seeds in a range of the second search: each reserves room for all candidates."""
BYTES_PER_WEIGHT = 16
"""Memory for the index and for building it; measured with 100,000 rows of 165 weights."""
MEMORY_SHARE = 4
"""Without a limit, the search may use the available memory divided by this."""
COUNTED_AT_ONCE = 1 << 22
"""Number of weights whose terms are counted at a time."""
MB = 1_000_000
MAX_TERMS = 1 << 20
"""Maximum number of terms in a row for which the float32 error bound is useful."""

Range = NDArray[np.int32]
"""Seeds that one thread searches at a time, in ascending order."""


class Rows(NamedTuple):
    """A CSR matrix as the kernels read it; `rows_of` makes it and checks it."""

    indptr: NDArray[np.int64]
    """int64 of shape (n + 1,)."""
    indices: NDArray[np.int32]
    """int32 of shape (nnz,), sorted within each row."""
    data: NDArray[np.float64]
    """float64 of shape (nnz,), not negative."""
    terms: int
    """Number of columns."""


class Plan(NamedTuple):
    """Which terms are head, middle and rare: slots 0, 1, ... by descending df."""

    slot: NDArray[np.int32]
    """int32 of shape (terms,): slot of each term, or -1 if no pair shares the term."""
    df: NDArray[np.int64]
    """int64 of shape (slots,): number of candidates with the term of each slot, descending."""
    head: int
    """Number of slots for head terms; they come first."""
    middle: int
    """Number of slots for middle terms after them; the others are for rare terms."""


def search_pruned(
    seeds: sparse.csr_array,
    candidates: sparse.csr_array,
    k: int,
    *,
    own_rows: NDArray[np.int32] | None = None,
    threads: int | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Return the k nearest candidates of every seed by cosine, exactly and fast.

    Terms that few candidates have are scored by postings, one block of candidates at a time. Their
    sum and the norms of the head parts (the frequent terms) bound the score; heads are multiplied
    only for candidates that could enter a list, for 16 seeds at once. The self-join compares each
    pair once. All of this is in float32. Then the k best and the next few are scored again by the
    rule of the contract, and a list that the float32 error bound cannot prove is searched again.

    Parameters
    ----------
    seeds : csr_array of shape (n, terms), float64, rows of unit length, sorted indices
        Rows to find neighbors for; weights are not negative.
    candidates : csr_array of shape (m, terms), float64, rows of unit length, sorted indices
        Rows to choose from. The same object as `seeds` for the self-join.
    k : int, >= 1
        Length of each list; may exceed m.
    own_rows : ndarray of shape (n,), int32, optional
        For each seed the candidate row that is the seed itself, or -1; it is excluded.
    threads : int, >= 1, optional
        Number of threads; default: one per processor that this process may use. The result
        does not depend on it.
    memory_limit : int, optional
        Approximate number of bytes that the search may use; default: a quarter of the memory
        available to this process. The result does not depend on it: if the lists of all threads do
        not fit, the self-join compares each pair twice.
    progress : callable, optional
        Called in the calling thread with ``("search", seeds done, n)`` after each range.

    Returns
    -------
    Neighbors
        Arrays of shape (n, k), bit for bit those of `search_reference`.

    Raises
    ------
    ImportError
        If the compiled extension is not installed (`AVAILABLE` is False).
    ConfigError
        If an argument breaks the contract, or the limit is too small for the index and one set
        of lists.

    Notes
    -----
    With t(i, c) the score over middle and rare terms and h the norm of a head part,

        score(i, c) <= t(i, c) + h_i h_c        (Cauchy and Schwarz)

    and a pair is dropped when that is not above the k-th best so far of either row. A float32
    sum of p products errs by at most (p + 4) 2^-24, relatively: the guard. Time is the sum over
    middle and rare terms of df^2 / 2, plus at most n m / 32 head products; memory about 8 bytes
    a weight and 16 (k + 6) bytes a row and thread.

    Examples
    --------
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> search = search_pruned if AVAILABLE else search_reference
    >>> search(rows, rows, 2, own_rows=np.arange(3, dtype=np.int32)).indices.tolist()
    [[1, -1], [2, 0], [1, -1]]
    """
    if not AVAILABLE:
        raise ImportError(
            "neighbors.pruned: the compiled extension recommender.neighbors._pruned is missing\n"
            "Hint: install with a C compiler and Cython, or use search_reference"
        )
    threads = processors() if threads is None else whole_number("threads", threads)
    limit = available_memory() // MEMORY_SHARE
    if memory_limit is not None:
        limit = whole_number("memory_limit", memory_limit, most=1 << 62)
    seeds, candidates, k, own = checked_search(seeds, candidates, k, own_rows)
    n, m = seeds.shape[0], candidates.shape[0]
    if n == 0 or m == 0:
        return empty_neighbors(n, k)
    if max(longest(seeds), longest(candidates)) > MAX_TERMS:
        return search_reference(seeds, candidates, k, own_rows=own, progress=progress)
    same = seeds is candidates
    one_list = 8 * n * list_sizes(k, m)[1]
    needed = BYTES_PER_WEIGHT * candidates.nnz + 8 * n * k + one_list
    if needed > limit:
        raise ConfigError(
            f"memory_limit: the search needs {needed // MB + 1:,} MB, got {limit // MB:,}",
            "raise it, or search in pieces with engine = dask",
        )
    itself = same and np.array_equal(own, np.arange(n))
    halves = itself and needed + one_list * (threads - 1) <= limit
    rows = _arrays(candidates)
    seed_rows = rows if same else _arrays(seeds)
    return Search(seed_rows, rows, k, own, threads=threads, halves=halves).run(progress)


class Search:
    """One search: the data that its ranges share.

    Parameters
    ----------
    seeds, candidates : Rows
        Rows to find neighbors for, and rows to choose from.
    k : int, >= 1
        Length of each list.
    own : ndarray of shape (n,), int32
        For each seed, the candidate that is the seed itself, or -1.
    threads : int, >= 1
    halves : bool
        Compare each pair once and offer it to both rows: seeds and candidates are the same, and
        every row is its own.
    """

    def __init__(
        self,
        seeds: Rows,
        candidates: Rows,
        k: int,
        own: NDArray[np.int32],
        *,
        threads: int,
        halves: bool,
    ) -> None:
        if not isinstance(seeds, Rows) or not isinstance(candidates, Rows):
            raise ConfigError("Search: seeds and candidates must be Rows", "make them by rows_of")
        self.seeds, self.candidates, self.k = seeds, candidates, whole_number("k", k)
        self.n, m = len(seeds.indptr) - 1, len(candidates.indptr) - 1
        self.own = integers("own", own, -1, m - 1, self.n).astype(np.int32)
        self.threads = min(whole_number("threads", threads), _pruned.MAX_THREADS)
        self.halves = halves
        _check_sides(self, m)
        self.m = m
        self.width, self.room = list_sizes(k, m)
        self.plan = plan_terms(candidates, least=2 if halves else 1)
        self.index = index_of(candidates, self.plan)
        self.least = np.zeros(self.n, np.int64)
        self.found = empty_neighbors(self.n, k)
        self.floors = np.empty(self.n, np.float32)

    def run(self, progress: Progress | None) -> Neighbors:
        """Search, decide, and search again for lists that are not proven; return the lists."""
        self.first(progress)
        failed = np.flatnonzero(self.floors >= 0).astype(np.int32)
        if len(failed):
            parts = np.split(failed, range(AGAIN_ROWS, len(failed), AGAIN_ROWS))
            in_ranges(self.again, parts, self.threads)
        return self.found

    def first(self, progress: Progress | None) -> None:
        """Search all seeds and decide: one set of lists per thread by halves, else one for all."""
        count = self.threads if self.halves else 1
        lists = [_pruned.Lists(self.n, self.width, self.room) for _ in range(count)]
        free: SimpleQueue[_pruned.Lists] = SimpleQueue()
        for one in lists:
            free.put(one)

        def work(rows: Range) -> None:
            own = self.own[rows[0] : rows[-1] + 1]
            if not self.halves:
                _pruned.search_rows(self.index, self.seeds, rows, rows, own, lists[0])
                return
            mine = free.get()
            try:
                _pruned.search_rows(self.index, self.seeds, rows, rows, own, mine, mine)
            finally:
                free.put(mine)

        done = 0

        def tell(rows: Range) -> None:
            nonlocal done
            done += len(rows)
            if progress is not None:
                progress("search", done, self.n)

        ranges = ranges_of(self.n)
        in_ranges(work, ranges, self.threads, tell)
        in_ranges(lambda rows: self.decide(rows, rows, lists), ranges, self.threads)

    def decide(self, rows: Range, places: Range, lists: list[_pruned.Lists]) -> None:
        """Write the lists of some seeds, and the floors of those that are not proven."""
        floors = np.empty(len(rows), np.float32)
        _pruned.finish_rows(
            self.candidates,
            self.seeds,
            rows,
            places,
            lists,
            self.index.largest_norm,
            self.least[rows],
            *self.found,
            floors,
        )
        self.floors[rows] = floors

    def again(self, rows: Range) -> None:
        """Search again for seeds with known floors: keep all candidates above them, then decide."""
        places = np.arange(len(rows), dtype=np.int32)
        lists = _pruned.Lists(len(rows), self.m + 1, self.m + 1, self.floors[rows])
        _pruned.search_rows(self.index, self.seeds, rows, places, self.own[rows], lists)
        self.decide(rows, places, [lists])


def ranges_of(n: int) -> list[Range]:
    """Return n rows in ranges, the last first: with `halves`, these have the most work."""
    rows = np.arange(n, dtype=np.int32)
    return np.split(rows, range(RANGE_ROWS, n, RANGE_ROWS))[::-1]


def in_ranges(
    work: Callable[[Range], None],
    ranges: list[Range],
    threads: int,
    done: Callable[[Range], None] = lambda rows: None,
) -> None:
    """Call `work` for every range in threads, and `done` in this thread after each.

    After an exception (or Ctrl-C), running ranges end and the others are dropped.
    """
    threads = startable(min(threads, len(ranges))) if ranges else 1
    if threads == 1:
        for rows in ranges:
            work(rows)
            done(rows)
        return
    with ThreadPoolExecutor(threads) as pool:
        futures = {pool.submit(work, rows): rows for rows in ranges}
        try:
            for future in as_completed(futures):
                future.result()
                done(futures[future])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _check_sides(search: Search, m: int) -> None:
    """Raise unless seeds and candidates fit together, and fit `halves`."""
    fits = search.seeds.terms == search.candidates.terms and search.n > 0 and m > 0
    alone = search.seeds is search.candidates and np.array_equal(search.own, np.arange(m))
    if not fits or (search.halves and not alone):
        raise ConfigError(
            f"Search: {search.n:,} seeds of {search.seeds.terms:,} terms and {m:,} candidates of "
            f"{search.candidates.terms:,} do not fit, expected rows of the same terms; by halves "
            "the same rows, each its own"
        )


def plan_terms(candidates: Rows, least: int) -> Plan:
    """Split the terms by document frequency.

    Parameters
    ----------
    candidates : Rows
        Rows to choose from.
    least : int
        Terms in fewer candidates are left out, because they make no pair.

    Returns
    -------
    Plan
        Terms with equal df are ordered by number.
    """
    m = len(candidates.indptr) - 1
    df = np.zeros(candidates.terms, np.int64)
    for start in range(0, len(candidates.indices), COUNTED_AT_ONCE):  # NumPy copies what it counts
        some = candidates.indices[start : start + COUNTED_AT_ONCE]
        df += np.bincount(some, minlength=candidates.terms)
    shared = np.flatnonzero(df >= least)
    order = shared[np.argsort(-df[shared], kind="stable")]
    slot = np.full(candidates.terms, -1, np.int32)
    slot[order] = np.arange(len(order), dtype=np.int32)
    falling = df[order]
    share = HEAD_SHARE if m < MANY else HEAD_SHARE_OF_MANY
    head = min(MAX_HEAD, int(np.count_nonzero(falling > share * m)))
    blocks = -(-m // _pruned.BLOCK)
    frequent = int(np.count_nonzero(falling >= RARE_PER_BLOCK * blocks))
    return Plan(slot, falling, head, max(0, frequent - head))


def index_of(rows: Rows, plan: Plan) -> _pruned.Index:
    """Return rows in the layout of the plan."""
    return _pruned.Index(rows.indptr, rows.indices, rows.data, *plan)


def list_sizes(k: int, candidates: int) -> tuple[int, int]:
    """Return the number of entries that a float32 list keeps, and for how many it has room."""
    width = min(k + SLACK, candidates + 1)
    return width, min(ROOM * width, candidates + 1)


def rows_of(matrix: sparse.csr_array) -> Rows:
    """Return the arrays of a CSR matrix in the types of the kernels; copies only what differs.

    Raises
    ------
    ConfigError
        If they are not unit rows; see `checks.unit_rows`.
    """
    return _arrays(unit_rows("rows", matrix))


def _arrays(matrix: sparse.csr_array) -> Rows:
    """Do `rows_of` for rows that have been checked."""
    return Rows(
        np.ascontiguousarray(matrix.indptr, np.int64),
        np.ascontiguousarray(matrix.indices, np.int32),
        np.ascontiguousarray(matrix.data, np.float64),
        matrix.shape[1],
    )


def longest(matrix: sparse.csr_array) -> int:
    """Return the most terms of a row."""
    return int(np.diff(matrix.indptr).max())

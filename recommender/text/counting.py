"""Count how often columns, and pairs of neighboring columns, occur in each row.

Each function has a compiled and a NumPy version with equal results. Knows no words, weights or
articles: a part consists of the int32 columns of its words (-1 for ignored words) and the int64
ends of the n rows in them, from 0.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, sparse_table, whole_number
from recommender.errors import ConfigError
from recommender.resources import in_threads, processors

try:
    import recommender.text._counting as _counting
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

Part = tuple[NDArray[np.int32], NDArray[np.int64]]
"""The column of each word in order (-1: ignored), and the n + 1 ends of the rows."""

Fields = Mapping[str, list[Part]]
"""The parts to count for each field; at least one field and one part."""

PAIRS_AT_ONCE = 1 << 20
"""Pairs that a thread sorts at once, 16 bytes each; fewer words than this are one block."""

WORDS_AT_ONCE = 1 << 18
"""Words that a thread looks up at once."""

ROWS_AT_ONCE = 1024
"""Rows to count together: they fit into the processor's caches, and the memory of each block is
freed while others are weighed."""


def rows_of(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of each word.

    Examples
    --------
    >>> rows_of(np.array([0, 2, 2, 3])).tolist()
    [0, 0, 2]
    """
    return np.repeat(np.arange(len(ends) - 1), np.diff(ends))


def look_up(
    table: NDArray[np.int32], numbers: NDArray[np.int32], *, in_place: bool = False
) -> NDArray[np.int32]:
    """Return ``table[numbers]``, in threads and without NumPy's 64-bit copy of all numbers.

    in_place: put the result into `numbers`.

    Examples
    --------
    >>> look_up(np.array([7, -1], np.int32), np.array([1, 0, 1], np.int32)).tolist()
    [-1, 7, -1]
    """
    found = numbers if in_place else np.empty(len(numbers), np.int32)

    def fill(start: int) -> None:
        found[start : start + WORDS_AT_ONCE] = table[numbers[start : start + WORDS_AT_ONCE]]

    in_threads(fill, range(0, len(numbers), WORDS_AT_ONCE))
    return found


def count_columns(parts: list[Part], width: int) -> sparse.csr_array:
    """Return how often each column occurs in each row, over all parts.

    Parameters
    ----------
    parts : list of Part, at least one
        Parts of the same n rows.
    width : int
        Number of columns.

    Returns
    -------
    csr_array of shape (n, width), int32
        Indices sorted.

    Examples
    --------
    >>> part = np.array([1, 0, -1, 1], np.int32), np.array([0, 3, 4])
    >>> count_columns([part, part], 2).toarray().tolist()
    [[2, 2], [0, 2]]
    """
    _check(parts, width)
    shape = (len(parts[0][1]) - 1, width)
    if AVAILABLE:
        indptr, indices, counts = _counting.count_rows(parts, width)
        if max(len(indices), width) < 1 << 31:
            indptr = indptr.astype(np.int32)
        table = sparse.csr_array((counts, indices, indptr), shape=shape)
        table.has_canonical_format = True
        return table
    columns = np.concatenate([columns for columns, _ in parts])
    rows = np.concatenate([rows_of(ends) for _, ends in parts])[columns >= 0].astype(np.int32)
    ones = np.ones(len(rows), np.int32)
    return sparse.coo_array((ones, (rows, columns[columns >= 0])), shape=shape).tocsr()


def count_blocks(fields: Fields, width: int) -> list[dict[str, sparse.csr_array]]:
    """Return the result of `count_columns` for each field, by blocks of `ROWS_AT_ONCE` rows.

    Parameters
    ----------
    fields : mapping of str to list of Part
        The parts to count for each field; all have the same n rows.
    width : int
        Number of columns.

    Examples
    --------
    >>> part = np.array([1, 0, -1, 1], np.int32), np.array([0, 3, 4])
    >>> blocks = count_blocks({"text": [part]}, 2)
    >>> sparse.vstack([block["text"] for block in blocks]).toarray().tolist()
    [[1, 1], [0, 1]]
    """
    parts_of_all = [part for parts in fields.values() for part in parts]
    _check(parts_of_all, width)
    n = len(parts_of_all[0][1]) - 1

    def count(some: slice) -> dict[str, sparse.csr_array]:
        return {
            field: count_columns([_some_rows(part, some) for part in parts], width)
            for field, parts in fields.items()
        }

    return in_threads(count, _blocks(n))


def _blocks(n: int) -> Iterable[slice]:
    """Return the ends of each block of rows; the last end of a block is the first of the next.

    Every processor gets the same number of blocks of equal size, at most `ROWS_AT_ONCE` rows.
    """
    n = max(n, 1)
    turns = -(-n // (ROWS_AT_ONCE * processors()))
    rows = -(-n // (turns * processors()))
    return (slice(at, at + rows + 1) for at in range(0, n, rows))


def _some_rows(part: Part, ends_of: slice) -> Part:
    columns, ends = part
    some = ends[ends_of]
    return columns[some[0] : some[-1]], some - some[0]


def sum_rows(parts: Sequence[Part], table: sparse.csr_array, most: int) -> NDArray[np.int64]:
    """Return for each row the sum of the table rows that belong to its first words.

    Parameters
    ----------
    parts : sequence of Part, at least one
        Parts of the same n rows; their words are row numbers of the table, never -1.
    table : csr_array of shape (words, width), int32
        One row per word.
    most : int
        Maximum number of words to use of a row, in each part.

    Returns
    -------
    ndarray of shape (n, width), int64

    Examples
    --------
    >>> table = sparse.csr_array(np.array([[1, 0], [0, 5]], np.int32))
    >>> part = np.array([0, 1, 1, 1], np.int32), np.array([0, 3, 4])
    >>> sum_rows([part], table, 2).tolist()
    [[1, 5], [0, 5]]
    """
    table = sparse_table("table", table, np.int32)
    most = whole_number("most", most, 0)
    _check(parts, table.shape[0], least=0)
    if not table.nnz:
        return np.zeros((len(parts[0][1]) - 1, table.shape[1]), np.int64)
    if AVAILABLE:
        arrays = table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data

        def add(some: slice) -> NDArray[np.int64]:
            here = [_some_rows(part, some) for part in parts]
            return _counting.sum_rows(here, most, *arrays, table.shape[1])

        return np.concatenate(in_threads(add, _blocks(len(parts[0][1]) - 1)))
    n = len(parts[0][1]) - 1
    sums: NDArray[np.int64] = np.zeros((n, table.shape[1]), np.int64)
    for start in range(0, n, ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        for part in parts:
            sums[some] += (_first_words(part, some, table.shape[0], most) @ table).toarray()
    return sums


def _first_words(part: Part, some: slice, width: int, most: int) -> sparse.csr_array:
    """Return a matrix of 1s for the first words of these rows; a word may occur several times."""
    numbers, ends = part
    starts = ends[:-1][some]
    taken = np.minimum(ends[1:][some] - starts, most)
    stops = np.concatenate([[0], np.cumsum(taken)])
    at = np.arange(stops[-1]) + np.repeat(starts - stops[:-1], taken)
    cells = (np.ones(stops[-1], np.int32), numbers[at], stops)
    return sparse.csr_array(cells, shape=(len(taken), width))


def frequencies(parts: Iterable[Part], width: int) -> NDArray[np.int64]:
    """Return how often each column occurs in all parts together.

    Parameters
    ----------
    parts : iterable of Part
        Parts of the same n rows; no word is -1.
    width : int
        Number of columns.

    Returns
    -------
    ndarray of shape (width,), int64

    Examples
    --------
    >>> part = np.array([1, 0, 1], np.int32), np.array([0, 3])
    >>> frequencies([part, part], 3).tolist()
    [2, 4, 0]
    """
    parts, width = [*parts], whole_number("width", width, 0)
    if parts:
        _check(parts, width, least=0)
    if AVAILABLE:
        return _counting.frequencies(parts, width)
    columns = [columns for columns, _ in parts]
    return np.bincount(np.concatenate([*columns, np.empty(0, np.int32)]), minlength=width)


def document_frequencies(
    blocks: Iterable[Iterable[sparse.csr_array]], width: int
) -> NDArray[np.int64]:
    """Return in how many rows each column occurs, in any of the tables of a block.

    Parameters
    ----------
    blocks : iterable of iterables of csr_array of shape (n, width)
        Counts, all above 0; the tables of a block have the same rows.
    width : int
        Number of columns.

    Returns
    -------
    ndarray of shape (width,), int64
    """
    width = whole_number("width", width, 0)
    checked = [[sparse_table("counts", table, np.int32) for table in tables] for tables in blocks]
    for tables in checked:
        if {table.shape for table in tables} != {(tables[0].shape[0], width)}:
            raise ConfigError(f"counts: tables of a block must have {width:,} columns and one n")
    if AVAILABLE:
        parts = [[_part_of(table) for table in tables] for tables in checked]
        return _counting.document_frequencies(parts, width)
    df = np.zeros(width, np.int64)
    for tables in checked:
        df += np.bincount(reduce(operator.add, tables).indices, minlength=width)
    return df


def _part_of(table: sparse.csr_array) -> Part:
    return table.indices.astype(np.int32, copy=False), table.indptr.astype(np.int64)


def find_pairs(
    parts: list[Part], width: int, least: int
) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Number the pairs of neighboring columns that occur often enough.

    Parameters
    ----------
    parts : list of Part
        Parts of the same n rows; pairs do not cross the ends of parts or rows.
    width : int
        Number of columns.
    least : int
        Minimum number of occurrences of a pair, over all parts.

    Returns
    -------
    codes : ndarray of shape (pairs,), int64
        ``first * width + second`` of each pair, ascending: pair i has number i.
    numbers : list of ndarray of shape (words,), int32
        For each part the number of the pair that starts at each word, or -1.

    Examples
    --------
    >>> part = np.array([1, 0, 1, 0, 1], np.int32), np.array([0, 4, 5])
    >>> find_pairs([part], 2, 2)
    (array([2]), [array([ 0, -1,  0, -1, -1], dtype=int32)])
    """
    least, width = whole_number("least", least, most=1 << 62), whole_number("width", width, 0)
    if not parts:
        return np.empty(0, np.int64), []
    _check(parts, width)
    lengths = [len(columns) for columns, _ in parts]
    if AVAILABLE and sum(lengths) < 1 << 32:
        codes, numbers = _find_pairs_in_blocks(parts, width, least, sum(lengths))
        return codes, np.split(numbers, np.cumsum(lengths)[:-1])
    found = np.concatenate([_codes(part, width) for part in parts])
    codes, occurrences = np.unique(found[found >= 0], return_counts=True)
    codes = codes[occurrences >= least]
    return codes, number_pairs(parts, width, codes)


def _find_pairs_in_blocks(
    parts: list[Part], width: int, least: int, words: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Do the work of `find_pairs` in threads, by ranges of first columns; numbers in one array."""
    if words <= PAIRS_AT_ONCE:
        limits, places = [0, width], [_counting.pair_places(parts)]
    else:
        most = min(PAIRS_AT_ONCE, words // processors() + 1)
        limits, places = _counting.find_pairs(parts, width, most)
    numbers = np.full(words, -1, np.int32)

    def number(block: int) -> NDArray[np.int64]:
        low, high = limits[block], limits[block + 1]
        return _counting.number_pairs(parts, width, least, low, high, places[block], numbers)

    codes = in_threads(number, range(len(places)))
    if len(codes) > 1:
        known = np.cumsum([0, *map(len, codes[:-1])], dtype=np.int32)
        _counting.shift_numbers(parts, np.repeat(known, np.diff(limits)), numbers)
    return np.concatenate(codes), numbers


def number_pairs(
    parts: list[Part], width: int, codes: NDArray[np.int64]
) -> list[NDArray[np.int32]]:
    """Return for each part the number of the known pair that starts at each word, or -1.

    Parameters
    ----------
    parts, width
        As for `find_pairs`.
    codes : ndarray of shape (pairs,), int64
        Codes returned by `find_pairs` for other rows.
    """
    numbers = []
    for part in parts:
        _check([part], width)
        wanted = _codes(part, width)
        number = np.searchsorted(codes, wanted).astype(np.int32)
        number[number == len(codes)] = -1
        number[codes[number] != wanted if len(codes) else slice(None)] = -1
        numbers.append(number)
    return numbers


def _check(parts: Sequence[Part], width: int, least: int = -1) -> None:
    """Raise unless the parts have the same rows, and words from `least` to ``width - 1``."""
    whole_number("width", width, 0)
    if not parts:
        raise ConfigError("parts: at least one is needed, got none")
    n = None
    for columns, ends in parts:
        n = _check_arrays(columns, ends, n)
        if len(columns) and (columns.min() < least or columns.max() >= width):
            raise ConfigError(
                f"parts: words must be from {least} to {width - 1:,}, "
                f"got {columns.min():,} to {columns.max():,}"
            )


def _check_arrays(columns: NDArray[np.int32], ends: NDArray[np.int64], n: int | None) -> int:
    """Return the number of ends of a `Part`; raise unless there are n that ascend from 0."""
    if any(not isinstance(array, np.ndarray) or array.ndim != 1 for array in (columns, ends)):
        raise ConfigError("parts: words and ends must be arrays of one dimension")
    if columns.dtype != np.int32 or ends.dtype != np.int64 or not columns.flags.c_contiguous:
        raise ConfigError(
            f"parts: words must be contiguous int32 and ends int64, got {columns.dtype} "
            f"and {ends.dtype}"
        )
    integers("ends of a part", ends, 0, len(columns), n)
    if not len(ends) or ends[0] != 0 or ends[-1] != len(columns) or (np.diff(ends) < 0).any():
        raise ConfigError(
            f"parts: ends must ascend from 0 to the number of words, {len(columns):,}"
        )
    return len(ends)


def _codes(part: Part, width: int) -> NDArray[np.int64]:
    """Return the code of the pair that starts at each word, or -1."""
    columns, ends = part
    codes = np.full(len(columns), -1, np.int64)
    begins = (columns[:-1] >= 0) & (columns[1:] >= 0)
    begins[ends[(ends > 0) & (ends < len(columns))] - 1] = False
    codes[:-1][begins] = columns[:-1][begins].astype(np.int64) * width + columns[1:][begins]
    return codes

"""Compare two rows: their dot product, and the columns that contribute most to it.

Owns the choice between compiled code and SciPy, with equal results. Knows no terms or articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, sparse_rows, sparse_table, whole_number
from recommender.errors import ConfigError
from recommender.resources import in_threads, processors

try:
    import recommender.vectors._overlap as _overlap
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

PAIRS_AT_ONCE = 20_000
"""Number of pairs that SciPy multiplies at once."""

FEW = 8
"""If a table has this many times more rows than are compared, only these are looked at."""

MOST_COLUMNS = 1000
"""Maximum number of columns per pair: a list of reasons is for readers."""

Rows = tuple[sparse.csr_array, NDArray[np.integer]]
"""A table of float64 with sorted indices and no value below 0, and row numbers in it."""


def strongest_columns(
    first: Rows, second: Rows, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the columns that contribute most to the score of each pair of rows, with their parts.

    Parameters
    ----------
    first, second : Rows
        Tables of the same width, with equally many row numbers: pair i is row i of each.
    count : int, >= 1
        Number of columns per pair.

    Returns
    -------
    columns : ndarray of shape (pairs, count), int32
        Largest product first, ties by the order of columns; padded with -1.
    parts : ndarray of shape (pairs, count), float64
        The products, 6 decimals.

    Raises
    ------
    ConfigError
        If a table, a row number or the count is out of range.

    Examples
    --------
    >>> table = sparse.csr_array(np.array([[0.6, 0.0, 0.8]])), np.array([0])
    >>> columns, parts = strongest_columns(table, table, 3)
    >>> columns.tolist(), parts.tolist()
    ([[2, 0, -1]], [[0.64, 0.36, 0.0]])
    """
    first, second = _checked(first, second)
    count = whole_number("count", count, most=MOST_COLUMNS)
    if AVAILABLE:
        columns, parts, _ = _compiled(first, second, count)
        return columns, np.round(parts, 6)
    columns = np.full((len(first[1]), count), -1, np.int32)
    parts = np.zeros((len(first[1]), count))
    for start, product, pair in _products(first, second):
        order = np.lexsort((product.indices, -product.data, pair))
        rank = np.arange(len(order)) - product.indptr[pair]
        best = order[rank < count]
        place = start + pair[rank < count], rank[rank < count]
        columns[place], parts[place] = product.indices[best], product.data[best]
    return columns, np.round(parts, 6)


def dot_products(first: Rows, second: Rows) -> NDArray[np.float64]:
    """Return the dot product of each pair of rows, summed in the order of columns.

    Parameters
    ----------
    first, second : Rows
        As for `strongest_columns`.

    Raises
    ------
    ConfigError
        As `strongest_columns`.

    Examples
    --------
    >>> table = sparse.csr_array(np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]]))
    >>> dot_products((table, np.array([0, 0])), (table, np.array([0, 1]))).tolist()
    [1.0, 0.0]
    """
    first, second = _checked(first, second)
    if AVAILABLE:
        return _compiled(first, second, 1)[2]
    sums = [
        np.bincount(pair, product.data, minlength=product.shape[0])
        for _, product, pair in _products(first, second)
    ]
    return np.concatenate([np.empty(0), *sums])


def _checked(first: Rows, second: Rows) -> tuple[Rows, Rows]:
    """Check and return both arguments of `strongest_columns`, perhaps without unused rows."""
    first, second = _used("first", *first), _used("second", *second)
    rows = sparse_table("first", first[0])
    others = rows if second[0] is first[0] else sparse_table("second", second[0])
    if rows.shape[1] != others.shape[1]:
        raise ConfigError(f"tables of {rows.shape[1]:,} and {others.shape[1]:,} columns do not fit")
    numbers = integers("rows of first", first[1], 0, rows.shape[0] - 1)
    return (rows, numbers), (
        others,
        integers("rows of second", second[1], 0, others.shape[0] - 1, len(numbers)),
    )


def _used(name: str, table: Any, rows: Any) -> Rows:
    """Return a table with only the rows that are compared, if these are few."""
    is_table = isinstance(table, sparse.csr_array | sparse.csr_matrix)
    if not is_table or np.size(rows) * FEW > table.shape[0]:
        return table, rows
    numbers = integers(f"rows of {name}", rows, 0, table.shape[0] - 1)
    few, places = np.unique(numbers, return_inverse=True)
    return sparse_rows(name, table, few), places


def _products(
    first: Rows, second: Rows
) -> Iterator[tuple[int, sparse.csr_array, NDArray[np.intp]]]:
    """Yield blocks of pairs: the number of the first pair, the products, the pair of each cell."""
    for start in range(0, len(first[1]), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        product = first[0][first[1][some]].multiply(second[0][second[1][some]]).tocsr()
        yield start, product, np.repeat(np.arange(product.shape[0]), np.diff(product.indptr))


def _compiled(
    first: Rows, second: Rows, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    tables = _arrays(first[0]), _arrays(second[0])
    numbers = [np.ascontiguousarray(rows[1], np.int64) for rows in (first, second)]

    def strongest(some: slice) -> tuple[NDArray[Any], ...]:
        given = (*tables[0], numbers[0][some], *tables[1], numbers[1][some])
        return _overlap.strongest(*given, first[0].shape[1], count)

    pairs = max(1, len(numbers[0]))
    share = -(-pairs // processors())
    shares = in_threads(strongest, (slice(at, at + share) for at in range(0, pairs, share)))
    columns, parts, sums = (np.concatenate(part) for part in zip(*shares, strict=True))
    return columns, parts, sums


def _arrays(table: sparse.csr_array) -> tuple[NDArray[Any], ...]:
    """Return the arrays of a table in the types that compiled code needs."""
    return (
        table.indptr.astype(np.int64),
        table.indices.astype(np.int32, copy=False),
        np.ascontiguousarray(table.data, np.float64),
    )

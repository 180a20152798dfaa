"""Checks of the arguments of compiled code, made once before a kernel sees them.

A kernel reads any memory that its arguments point to. So every public function that calls one
checks its arguments here first: the returned values are safe, and a refused one raises a
ConfigError that names the argument. Linear in the input, and cheap compared with the work that
follows. Knows no kernel and no article.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ConfigError, did_you_mean, shown

if TYPE_CHECKING:
    from scipy import sparse

MOST = 2**31 - 1
"""The largest count: rows, columns and positions have 32 bits."""

LONGEST = 1 + 1e-5
"""The maximum length of a unit row, which float32 rounds."""

AT_ONCE = 1 << 16
"""Number of cells to check at once, so that they fit into the processor's cache."""


def whole_number(name: str, value: object, least: int = 1, most: int = MOST) -> int:
    """Return a whole number as an int.

    Parameters
    ----------
    name : str
        Name of the argument, for the error.
    value : object
        Any integer of Python or NumPy, but not a bool.
    least, most : int
        The range, both ends included.

    Raises
    ------
    ConfigError
        If it is not an integer, or out of range.

    Examples
    --------
    >>> whole_number("k", np.int8(6))
    6
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= int(cast(Any, value)) <= most:
        limit = f">= {least}" if most >= MOST else f"from {least:,} to {most:,}"
        raise ConfigError(f"{name} must be a whole number {limit}, got {shown(value)}")
    return int(cast(Any, value))


def number(name: str, value: object, least: float, most: float = math.inf) -> float:
    """Return a finite number as a float.

    Raises
    ------
    ConfigError
        If it is not a number, not finite, or outside the range (both ends included).

    Examples
    --------
    >>> number("max_df", 1, 0, 1)
    1.0
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not _within(value, least, most):
        limit = f">= {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        raise ConfigError(f"{name} must be a number {limit}, got {shown(value)}")
    return float(value)


def one_of(name: str, value: object, known: Iterable[str]) -> str:
    """Return a name if it is a known one.

    Raises
    ------
    ConfigError
        If it is unknown; the message suggests the closest name.

    Examples
    --------
    >>> one_of("engine", "auto", ["auto", "pruned"])
    'auto'
    """
    known = [*known]
    if not isinstance(value, str) or value not in known:
        advice = did_you_mean(value, known) if isinstance(value, str) else ""
        raise ConfigError(f"{name} must be one of {', '.join(known)}, got {shown(value)}", advice)
    return value


def integers(
    name: str, values: object, least: int, most: int, length: int | None = None
) -> NDArray[np.int64]:
    """Return whole numbers as a contiguous array.

    Parameters
    ----------
    name : str
    values : array-like of shape (n,)
        Integers, but not bools.
    least, most : int
        Their range, both ends included.
    length : int, optional
        The expected n.

    Returns
    -------
    ndarray of shape (n,), int64

    Raises
    ------
    ConfigError
        If a value or the shape is wrong; the message names the first wrong value.

    Examples
    --------
    >>> integers("rows", [2, 0], 0, 2)
    array([2, 0])
    """
    array = _array(name, values, "iu", "whole numbers", length)
    outside = np.flatnonzero((array < least) | (array > most))
    if len(outside):
        first = int(outside[0])
        raise ConfigError(
            f"{name}: place {first:,} must be from {least:,} to {most:,}, got {array[first]}"
        )
    return np.ascontiguousarray(array, np.int64)


def scores(name: str, values: object, length: int) -> NDArray[np.float64]:
    """Return numbers from 0 to 1 as a contiguous array.

    Raises
    ------
    ConfigError
        If their number is not `length`, or one is out of range.

    Examples
    --------
    >>> scores("least", np.array([0.5], np.float32), 1)
    array([0.5])
    """
    array = np.ascontiguousarray(_array(name, values, "iuf", "numbers", length), np.float64)
    outside = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if len(outside):
        first = int(outside[0])
        raise ConfigError(f"{name}: place {first:,} must be from 0 to 1, got {array[first]}")
    return array


def sparse_table(name: str, given: object, kind: type = np.float64) -> sparse.csr_array:
    """Return a sparse table that is safe to pass to a kernel.

    Parameters
    ----------
    name : str
        Name of the argument, for the error.
    given : csr_array or csr_matrix of shape (n, columns)
        Finite numbers >= 0; columns ascend within each row. Other number types and byte orders
        are converted.
    kind : type, default float64
        Type of the result's values; an integer type accepts only integers.

    Returns
    -------
    csr_array of shape (n, columns)
        Contiguous, in native byte order; the given object if no conversion was needed.

    Raises
    ------
    ConfigError
        If it is not such a table; the message names the first wrong row.

    Examples
    --------
    >>> from scipy import sparse
    >>> sparse_table("rows", sparse.csr_array(np.array([[0, 1]], np.float32))).dtype
    dtype('float64')
    """
    rows = _converted(name, given, kind)
    _check_ends(name, rows.indptr, rows.shape[0], len(rows.indices), len(rows.data))
    for start, stop in _blocks(rows.indptr):
        _check_cells(name, rows, start, stop)
    return rows


def sparse_rows(name: str, table: sparse.csr_array, rows: NDArray[np.int64]) -> sparse.csr_array:
    """Return some rows of a table, safe to pass to a kernel, without a look at the others.

    Parameters
    ----------
    name : str
        Name of the argument, for the error.
    table : csr_array of shape (n, columns)
        As for `sparse_table`.
    rows : ndarray of shape (m,), int64
        Numbers of rows from 0 to n - 1, in any order.

    Returns
    -------
    csr_array of shape (m, columns), float64

    Raises
    ------
    ConfigError
        As for `sparse_table`; the message counts the rows that were asked for.

    Examples
    --------
    >>> from scipy import sparse
    >>> sparse_rows("rows", sparse.csr_array(np.eye(3)), np.array([2, 2])).toarray().tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    from scipy import sparse

    if len(table.indptr) != table.shape[0] + 1:
        raise ConfigError(f"{name} must have one end per row")
    spans = [slice(*table.indptr[row : row + 2].tolist()) for row in rows.tolist()]
    made = sparse.csr_array((len(rows), table.shape[1]), dtype=np.float64)
    indices = [np.empty(0, table.indices.dtype), *(table.indices[span] for span in spans)]
    data = [np.empty(0), *(table.data[span] for span in spans)]
    made.indices, made.data = np.concatenate(indices), np.concatenate(data)
    made.indptr = np.cumsum([0, *map(len, data[1:])]).astype(made.indices.dtype)
    return sparse_table(name, made)


def unit_rows(name: str, given: object, kind: type = np.float64) -> sparse.csr_array:
    """Return a table (see `sparse_table`) of rows with length at most 1.

    Raises
    ------
    ConfigError
        If it is not such a table, or a row is longer; the message names the row.

    Examples
    --------
    >>> from scipy import sparse
    >>> unit_rows("seeds", sparse.csr_array(np.eye(2))).shape
    (2, 2)
    """
    rows = sparse_table(name, given, kind)
    for start, stop in _blocks(rows.indptr):
        ends = rows.indptr[start : stop + 1]
        with np.errstate(over="ignore"):
            cells = rows.data[ends[0] : ends[-1]].astype(np.float64, copy=False)
            squares = np.append(cells**2, 0.0)
            sums = np.add.reduceat(squares, ends[:-1] - ends[0])
        if sums.max() > LONGEST:  # for an empty row this is a cell of the next row
            row = int(np.argmax(sums > LONGEST))
            raise ConfigError(
                f"{name}: row {start + row:,} must have the length 1, "
                f"got {math.sqrt(sums[row]):.6g}",
                "divide each row by its Euclidean length",
            )
    return rows


def _within(value: Any, least: float, most: float) -> bool:
    """Return whether a number is finite, also as a float, and within the range."""
    try:
        return math.isfinite(value) and least <= value <= most
    except OverflowError:  # an integer too large for a float
        return False


def _array(
    name: str, values: object, kinds: str, expected: str, length: int | None
) -> NDArray[Any]:
    """Return values as a one-dimensional array of one of the kinds."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        raise ConfigError(f"{name} must be {expected}, got {shown(values)}") from None
    if array.ndim != 1 or (array.dtype.kind not in kinds and array.size):
        raise ConfigError(
            f"{name} must be {expected} in one dimension, got {array.dtype} of shape {array.shape}"
        )
    if length is not None and len(array) != length:
        raise ConfigError(f"{name}: {len(array):,} {expected} do not fit, expected {length:,}")
    return array


def _converted(name: str, given: object, kind: type) -> sparse.csr_array:
    """Return a CSR table with contiguous arrays of values of `kind`, in native byte order."""
    from scipy import sparse  # not needed where only numbers are checked

    rows: Any = given
    if not sparse.issparse(given) or rows.format != "csr" or rows.ndim != 2:
        what = f"{rows.format} table" if sparse.issparse(given) else type(given).__name__
        raise ConfigError(
            f"{name} must be a CSR table (scipy.sparse.csr_array), got a {what}",
            "convert it with scipy.sparse.csr_array(...)",
        )
    if {rows.data.ndim, rows.indices.ndim, rows.indptr.ndim} != {1}:
        raise ConfigError(f"{name} must have one-dimensional data, indices and indptr")
    kinds = "iu" if np.dtype(kind).kind == "i" else "iuf"
    if rows.data.dtype.kind not in kinds or rows.indices.dtype.kind not in "iu":
        raise ConfigError(f"{name} must contain numbers ({np.dtype(kind)}), got {rows.data.dtype}")
    cells = int(rows.indptr[-1]) if len(rows.indptr) else 0
    arrays = tuple(
        np.ascontiguousarray(part, wanted)
        for part, wanted in (
            (rows.data, kind),
            (rows.indices, rows.indices.dtype.newbyteorder("=")),
            (rows.indptr, rows.indptr.dtype.newbyteorder("=")),
        )
    )
    kept = zip(arrays, (rows.data, rows.indices, rows.indptr), strict=True)
    spare = len(rows.data) != cells or len(rows.indices) != cells
    if isinstance(rows, sparse.csr_array) and all(a is b for a, b in kept) and not spare:
        return rows
    data, indices, indptr = arrays
    # Made without SciPy's own checks, which read the unchecked arrays.
    made = sparse.csr_array(rows.shape, dtype=kind)
    made.data, made.indices, made.indptr = data[: max(cells, 0)], indices[: max(cells, 0)], indptr
    return made


def _check_ends(name: str, ends: NDArray[Any], rows: int, columns: int, values: int) -> None:
    """Raise unless the ends of the rows ascend from 0 to the number of cells."""
    if len(ends) != rows + 1 or ends[0] != 0 or ends[-1] != columns or columns != values:
        raise ConfigError(
            f"{name} must have one end per row, from 0 to the number of cells, got {len(ends):,} "
            f"ends of {rows:,} rows, {columns:,} columns and {values:,} values"
        )
    falling = np.flatnonzero(ends[1:] < ends[:-1])
    if len(falling):
        raise ConfigError(f"{name}: row {int(falling[0]):,} ends before it begins")


def _blocks(ends: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows with about `AT_ONCE` cells each; none is empty."""
    start, n = 0, len(ends) - 1
    while start < n and ends[start] < ends[n]:
        start = int(np.searchsorted(ends, ends[start], side="right")) - 1
        stop = int(np.searchsorted(ends, ends[start] + AT_ONCE, side="left"))
        stop = min(max(stop, start + 1), n)
        yield start, stop
        start = stop


def _check_cells(name: str, rows: sparse.csr_array, start: int, stop: int) -> None:
    """Raise unless columns are in range and ascend within each row, and values are finite, >= 0."""
    ends = rows.indptr[start : stop + 1]
    columns, values = rows.indices[ends[0] : ends[-1]], rows.data[ends[0] : ends[-1]]
    if columns.min() < 0 or columns.max() >= rows.shape[1]:
        wrong, problem = (columns < 0) | (columns >= rows.shape[1]), "has the column"
        raise _cell_error(name, start, ends, wrong, problem, columns, f"below {rows.shape[1]:,}")
    if not (values.min() >= 0 and values.max() < np.inf):  # NaN is neither
        wrong = ~((values >= 0) & (values < np.inf))
        raise _cell_error(name, start, ends, wrong, "holds", values, "finite numbers >= 0")
    rising = columns[1:] > columns[:-1]
    begins = ends[1:-1] - ends[0]
    rising[begins[(begins > 0) & (begins < len(columns))] - 1] = True
    if not rising.all():
        wrong, problem = np.append(False, ~rising), "has this column too late or twice:"
        hint = "sort each row and add up duplicates: rows.sum_duplicates()"
        raise _cell_error(name, start, ends, wrong, problem, columns, "ascending columns", hint)


def _cell_error(
    name: str,
    start: int,
    ends: NDArray[Any],
    wrong: NDArray[np.bool_],
    problem: str,
    shown: NDArray[Any],
    expected: str,
    hint: str = "",
) -> ConfigError:
    """Return the error for the first wrong cell of a block of rows."""
    cell = int(np.argmax(wrong))
    row = start + int(np.searchsorted(ends, ends[0] + cell, side="right")) - 1
    return ConfigError(f"{name}: row {row:,} {problem} {shown[cell]}, expected {expected}", hint)

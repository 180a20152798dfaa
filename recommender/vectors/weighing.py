"""Turn counts into rows of unit length: damped, multiplied by idf, and weighted by field.

There are a compiled and a SciPy version with equal results, bit for bit. Knows no words, terms or
articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, number, sparse_table
from recommender.errors import ConfigError
from recommender.resources import drained, in_threads
from recommender.vectors.portable import power

try:
    import recommender.vectors._weighing as _weighing
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

Counts = dict[str, sparse.csr_array]
"""For each field how often each counted column occurs in each of n rows: (n, counted), int32,
indices sorted; at least one field."""


class Weights(NamedTuple):
    """The parameters that turn counts into rows."""

    fields: Mapping[str, float]
    """The weight of each field, above 0."""
    place: NDArray[np.int32]
    """int32 of shape (counted,): the column of the rows for each counted one, ascending, or -1."""
    idf: NDArray[np.float64]
    """float64 of shape (columns,): the factor of each column."""
    tf_exponent: float
    """Exponent of the counts."""


def weigh_parts(counts: Counts, weights: Weights) -> dict[str, sparse.csr_array]:
    """Return for each field its weight times the unit rows of damped counts times idf.

    Parameters
    ----------
    counts : mapping of str to csr_array of shape (n, counted), int32
        Counts of n rows.
    weights : Weights

    Returns
    -------
    dict of str to csr_array of shape (n, columns), float64
        Indices sorted.

    Examples
    --------
    >>> counts = {"text": sparse.csr_array(np.array([[9, 5, 16]], np.int32))}
    >>> weights = Weights({"text": 2.0}, np.array([0, -1, 1], np.int32), np.ones(2), 0.5)
    >>> weigh_parts(counts, weights)["text"].toarray().tolist()
    [[1.2000000000000002, 1.6]]
    """
    _check_weights(weights)
    parts = {}
    for field, given in _checked(counts, weights).items():
        part = _selected(given, weights.place, len(weights.idf))
        powers = _powers([part.data], weights.tf_exponent)
        part.data = powers[part.data] * weights.idf[part.indices]
        parts[field] = weights.fields[field] * unit_rows(part)
    return parts


def weigh_rows(blocks: Iterable[Counts], weights: Weights) -> sparse.csr_array:
    """Return the sums of `weigh_parts` over the fields, divided by their length, in threads.

    Parameters
    ----------
    blocks : iterable of Counts, at least one
        Counts of consecutive rows, with the same columns.
    weights : Weights

    Returns
    -------
    csr_array of shape (n, columns), float64
        Rows of unit length or all zero; indices sorted.

    Examples
    --------
    >>> counts = {"text": sparse.csr_array(np.array([[9, 5, 16]], np.int32))}
    >>> weights = Weights({"text": 2.0}, np.array([0, -1, 1], np.int32), np.ones(2), 0.5)
    >>> weigh_rows([counts, counts], weights).toarray().round(9).tolist()
    [[0.6, 0.8], [0.6, 0.8]]
    """
    _check_weights(weights)
    if AVAILABLE:
        return _stacked(in_threads(lambda counts: _compiled(counts, weights), blocks), weights)
    rows = in_threads(lambda counts: unit_rows(total(weigh_parts(counts, weights))), blocks)
    return sparse.csr_array(sparse.vstack(rows))


def _check_weights(weights: Weights) -> None:
    """Raise unless the parts of the weights match."""
    place = integers("place", weights.place, -1, len(weights.idf) - 1)
    if (np.diff(place[place >= 0]) <= 0).any():
        raise ConfigError("place must ascend, except for -1")
    idf = np.asarray(weights.idf)
    if idf.ndim != 1 or idf.dtype != np.float64 or not (np.isfinite(idf) & (idf >= 0)).all():
        raise ConfigError("idf must be finite numbers >= 0 (float64), in one dimension")
    number("tf_exponent", weights.tf_exponent, 0, 1)
    for field, weight in weights.fields.items():
        number(f"weight of {field}", weight, 0)


def _checked(counts: Counts, weights: Weights) -> Counts:
    """Return counts that are safe to pass to compiled code."""
    tables = {
        field: sparse_table(f"counts of {field}", given, np.int32)
        for field, given in counts.items()
    }
    shapes = {given.shape for given in tables.values()}
    if len(shapes) != 1 or shapes.pop()[1] != len(weights.place):
        raise ConfigError(f"counts must have {len(weights.place):,} columns, and the same rows")
    unknown = sorted({*tables} - {*weights.fields})
    if unknown:
        raise ConfigError(f"counts of {', '.join(unknown)} have no weight")
    return tables


def total(parts: Mapping[str, sparse.csr_array]) -> sparse.csr_array:
    """Return the sum of the parts of all fields, at least one: (n, columns), float64."""
    first, *others = parts.values()
    return sum(others, start=first)


def unit_rows(rows: sparse.csr_array) -> sparse.csr_array:
    """Return rows of shape (n, columns), float64, divided by their length; indices sorted."""
    return scaled(rows, lengths(rows))


def lengths(rows: sparse.csr_array) -> NDArray[np.float64]:
    """Return the Euclidean length of each row, (n,), summed in order; 1 for a row of zeros."""
    row_of_cell = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    squares = np.bincount(row_of_cell, rows.data * rows.data, minlength=rows.shape[0])
    return np.where(squares > 0, np.sqrt(squares), 1.0)


def scaled(rows: sparse.csr_array, divisors: NDArray[np.float64]) -> sparse.csr_array:
    """Return the n rows divided by n numbers above 0, without zeros; indices sorted."""
    scaled = rows.copy()
    scaled.data *= np.repeat(1 / divisors, np.diff(rows.indptr))
    scaled.eliminate_zeros()
    scaled.sort_indices()
    return scaled


def _selected(table: sparse.csr_array, place: NDArray[np.int32], width: int) -> sparse.csr_array:
    """Return a table with each column at its new position, without those at -1.

    place: ascending except for -1, so that sorted indices stay sorted.
    """
    columns = place[table.indices]
    here = columns >= 0
    ends = np.concatenate([[0], np.cumsum(here)])[table.indptr].astype(table.indptr.dtype)
    cells = (table.data[here], columns[here], ends)
    return sparse.csr_array(cells, shape=(table.shape[0], width))


def _powers(counts: Iterable[NDArray[np.int32]], exponent: float) -> NDArray[np.float64]:
    """Return the damped value of every count up to the largest."""
    largest = max(int(part.max(initial=0)) for part in counts)
    return power(np.arange(largest + 1), exponent)


_Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]
"""CSR: where each row begins and ends, columns, values."""


def _compiled(counts: Counts, weights: Weights) -> _Rows:
    counts = _checked(counts, weights)
    fields = [
        (
            weights.fields[field],
            table.indptr.astype(np.int64),
            table.indices.astype(np.int32, copy=False),
            table.data,
        )
        for field, table in counts.items()
    ]
    powers = _powers((table.data for table in counts.values()), weights.tf_exponent)
    return _weighing.weigh_rows(fields, weights.place, weights.idf, powers)


def _stacked(blocks: list[_Rows], weights: Weights) -> sparse.csr_array:
    """Return the rows of all blocks; each block is freed once it is copied."""
    rows = np.cumsum([0, *(len(indptr) - 1 for indptr, _, _ in blocks)])
    cells = np.cumsum([0, *(len(indices) for _, indices, _ in blocks)])
    kind = np.int32 if max(cells[-1], len(weights.idf)) < 1 << 31 else np.int64
    indptr = np.zeros(rows[-1] + 1, kind)
    indices, data = np.empty(cells[-1], kind), np.empty(cells[-1])

    def place(numbered: tuple[int, _Rows]) -> None:
        at, (ends, columns, values) = numbered
        indptr[rows[at] + 1 : rows[at + 1] + 1] = ends[1:] + cells[at]
        indices[cells[at] : cells[at + 1]] = columns
        data[cells[at] : cells[at + 1]] = values

    in_threads(place, enumerate(drained(blocks)))
    table = sparse.csr_array((data, indices, indptr), shape=(rows[-1], len(weights.idf)))
    table.has_canonical_format = True
    return table

"""Compiled form of `weighing`. It checks nothing: `weighing` passes C-contiguous arrays of the
sizes stated here. Every sum is added up in the same order as in the form that uses SciPy.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc

import numpy as np

cdef struct Field:
    double weight
    const int64_t *ends     # (n + 1,): where each row begins and ends in the cells, from 0
    const int32_t *columns  # rising within each row
    const int32_t *counts

cdef struct Cell:
    int32_t column
    double value


cdef int64_t _unit(Cell *cells, int64_t count, double weight) noexcept nogil:
    """Divide cells by their length and multiply them by weight, in place; drop zeros.

    Returns the number of cells left. O(count).
    """
    cdef double total = 0, scale, value
    cdef int64_t at, left = 0
    for at in range(count):
        total += cells[at].value * cells[at].value
    scale = 1 / (sqrt(total) if total > 0 else 1.0)
    for at in range(count):
        value = cells[at].value * scale
        if value != 0:
            cells[left].column = cells[at].column
            cells[left].value = value * weight
            left += 1
    return left


cdef int64_t _part(
    const Field *field, int64_t row, const int32_t *place, const double *idf,
    const double *powers, Cell *to
) noexcept nogil:
    """Write a field's part of a row; return its number of cells. O(cells of the field there)."""
    cdef int64_t at, found = 0
    cdef int32_t column
    for at in range(field.ends[row], field.ends[row + 1]):
        column = place[field.columns[at]]
        if column >= 0:
            to[found].column = column
            to[found].value = powers[field.counts[at]] * idf[column]
            found += 1
    return _unit(to, found, field.weight)


cdef int64_t _sum(
    const Cell *first, int64_t count, const Cell *second, int64_t other, Cell *to
) noexcept nogil:
    """Write the sum of two rows with rising columns; return its number of cells. O(cells)."""
    cdef int64_t at = 0, from_other = 0, found = 0
    while at < count or from_other < other:
        if from_other == other or (
            at < count and first[at].column < second[from_other].column
        ):
            to[found] = first[at]
            at += 1
        else:
            to[found] = second[from_other]
            if at < count and first[at].column == second[from_other].column:
                to[found].value += first[at].value
                at += 1
            from_other += 1
        found += 1
    return found


def weigh_rows(list fields, const int32_t[::1] place, const double[::1] idf,
               const double[::1] powers):
    """Return the unit rows of n articles.

    Parameters
    ----------
    fields : list of (weight, ends, columns, counts)
        float; int64 (n + 1,), where each row begins and ends in the cells; int32 (cells,),
        columns that rise within each row; int32 (cells,), how often each occurs there. At
        least one field.
    place : ndarray of shape (counted,), int32
        The new number of each column, or -1 if it is left out; rising apart from -1.
    idf : ndarray of shape (columns,), float64
    powers : ndarray, float64
        The damped value of each count.

    Returns
    -------
    indptr : ndarray of shape (n + 1,), int64
    indices : ndarray of shape (nnz,), int32
        Rising within each row.
    data : ndarray of shape (nnz,), float64
    """
    cdef int64_t count = len(fields), n = len(fields[0][1]) - 1, field, cells = 0, widest = 0
    cdef const int64_t[::1] ends
    cdef const int32_t[::1] columns, counts
    cdef Field *given = <Field *>calloc(count, sizeof(Field))
    cdef Cell *buffers = NULL
    cdef int64_t[::1] starts
    held = []
    try:
        if given == NULL:
            raise MemoryError
        for field in range(count):
            given[field].weight, ends, columns, counts = fields[field]
            held.append((ends, columns, counts))
            given[field].ends = &ends[0]
            if columns.shape[0]:
                given[field].columns, given[field].counts = &columns[0], &counts[0]
            cells += ends[n]
            widest += np.diff(fields[field][1]).max(initial=0)
        buffers = <Cell *>malloc((3 * widest + 1) * sizeof(Cell))
        if buffers == NULL:
            raise MemoryError
        indptr = np.zeros(n + 1, np.int64)
        indices = np.empty(cells, np.int32)  # memory that is not written costs nothing
        data = np.empty(cells)
        starts = indptr
        _fill(given, count, n, place, idf, powers, buffers, widest, starts, indices, data)
    finally:
        free(buffers)
        free(given)
    return indptr, indices[: indptr[n]], data[: indptr[n]]


cdef void _fill(
    const Field *fields, int64_t count, int64_t n, const int32_t[::1] place,
    const double[::1] idf, const double[::1] powers, Cell *buffers, int64_t widest,
    int64_t[::1] indptr, int32_t[::1] indices, double[::1] data
):
    """Write the arrays that `weigh_rows` returns. buffers: 3 * widest cells. O(cells)."""
    cdef Cell *part = buffers
    cdef Cell *total = buffers + widest
    cdef Cell *spare = buffers + 2 * widest
    cdef const int32_t *places = &place[0] if place.shape[0] else NULL
    cdef const double *factors = &idf[0] if idf.shape[0] else NULL
    cdef const double *damped = &powers[0] if powers.shape[0] else NULL
    cdef int64_t row, field, found, at, cell = 0
    with nogil:
        for row in range(n):
            found = 0
            for field in range(count):
                at = _part(&fields[field], row, places, factors, damped, part)
                found = _sum(total, found, part, at, spare)
                total, spare = spare, total
            found = _unit(total, found, 1)
            for at in range(found):
                indices[cell] = total[at].column
                data[cell] = total[at].value
                cell += 1
            indptr[row + 1] = cell

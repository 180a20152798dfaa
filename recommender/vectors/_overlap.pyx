"""Compiled part of `overlap`; that module checks the arrays and converts them to these types."""

from libc.stdint cimport int32_t, int64_t, uint64_t

import numpy as np


def strongest(
    const int64_t[::1] first_ends,
    const int32_t[::1] first_columns,
    const double[::1] first_values,
    const int64_t[::1] first_rows,
    const int64_t[::1] second_ends,
    const int32_t[::1] second_columns,
    const double[::1] second_values,
    const int64_t[::1] second_rows,
    Py_ssize_t width,
    int count,
):
    """Return for each pair of rows where its largest products are, these products, and their sum.

    Of each pair: the `count` columns of the largest products, or -1; the products there, or 0;
    the sum of all products. The first row of a pair is spread over an array of all columns, and
    stays there as long as the next pairs have the same first row. Whether it has a column of the
    second row is then one bit, in an array small enough for the cache. The shared columns are
    gathered first, without branches that a processor could mispredict, and only their values are
    read. A pair takes O(cells of the second row + shared cells * count), and a new first row as
    long as it has cells.
    """
    cdef Py_ssize_t pairs = first_rows.shape[0], pair, at, place, common, i
    cdef int64_t row, last = -1
    cdef int32_t column
    cdef double value, total
    sums = np.zeros(pairs)
    laid_out = np.zeros(width)
    marks = np.zeros(width // 64 + 1, np.uint64)
    gathered = np.empty(width + 1, np.int64)
    columns = np.full((pairs, count), -1, np.int32)
    parts = np.zeros((pairs, count))
    cdef double[::1] seed = laid_out
    cdef uint64_t[::1] marked = marks
    cdef int64_t[::1] shared = gathered
    cdef int32_t[:, ::1] best = columns
    cdef double[:, ::1] product = parts
    cdef double[::1] score = sums
    with nogil:
        for pair in range(pairs):
            if first_rows[pair] != last:
                if last >= 0:
                    for at in range(first_ends[last], first_ends[last + 1]):
                        marked[first_columns[at] >> 6] = 0
                last = first_rows[pair]
                for at in range(first_ends[last], first_ends[last + 1]):
                    column = first_columns[at]
                    seed[column] = first_values[at]
                    marked[column >> 6] |= <uint64_t>1 << (column & 63)
            row = second_rows[pair]
            total = 0
            common = 0
            for at in range(second_ends[row], second_ends[row + 1]):
                column = second_columns[at]
                shared[common] = at
                common += marked[column >> 6] >> (column & 63) & 1
            for i in range(common):
                at = shared[i]
                column = second_columns[at]
                value = seed[column] * second_values[at]
                total += value
                if value <= product[pair, count - 1]:
                    continue  # on a tie, the column that came first stays
                place = count - 1
                while place > 0 and value > product[pair, place - 1]:
                    product[pair, place] = product[pair, place - 1]
                    best[pair, place] = best[pair, place - 1]
                    place -= 1
                product[pair, place] = value
                best[pair, place] = column
            score[pair] = total
    return columns, parts, sums

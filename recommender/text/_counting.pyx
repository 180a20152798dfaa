"""Compiled part of `counting`. It checks nothing: `counting` passes C-contiguous arrays of the
sizes and ranges documented here.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

import numpy as np

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define LOWEST_BIT(bits) __builtin_ctzll(bits)
    #else
    static int LOWEST_BIT(uint64_t bits) { int i = 0; while (!(bits >> i & 1)) i++; return i; }
    #endif
    """
    int LOWEST_BIT(uint64_t bits) noexcept nogil

cdef enum:
    LEVELS = 5              # 64 ** 5 is more than there can be columns

cdef struct Marks:          # a set of columns from which the smallest can be taken
    uint64_t *level[LEVELS]  # bit i of level[l + 1] is set if word i of level[l] is not 0
    int levels


cdef int _start_marks(Marks *marks, int64_t width) noexcept nogil:
    """Make an empty set of columns below `width`; return False if memory runs out."""
    cdef int64_t count = width
    memset(marks, 0, sizeof(Marks))
    while True:
        count = (count + 63) // 64
        marks.level[marks.levels] = <uint64_t *>calloc(count + 1, sizeof(uint64_t))
        if marks.level[marks.levels] == NULL:
            return False
        marks.levels += 1
        if count <= 1 or marks.levels == LEVELS:
            return True


cdef void _free_marks(Marks *marks) noexcept nogil:
    cdef int level
    for level in range(LEVELS):
        free(marks.level[level])


cdef inline void _mark(Marks *marks, int64_t column) noexcept nogil:
    """Add a column. O(levels)."""
    cdef int level
    cdef uint64_t before
    for level in range(marks.levels):
        before = marks.level[level][column >> 6]
        marks.level[level][column >> 6] = before | (<uint64_t>1 << (column & 63))
        if before:
            return
        column >>= 6


cdef inline int64_t _take_first(Marks *marks) noexcept nogil:
    """Remove and return the smallest column; the set is not empty. O(levels)."""
    cdef int64_t column = 0
    cdef int level = marks.levels - 1
    while level >= 0:
        column = (column << 6) | LOWEST_BIT(marks.level[level][column])
        level -= 1
    cdef int64_t at = column
    for level in range(marks.levels):
        marks.level[level][at >> 6] &= marks.level[level][at >> 6] - 1
        if marks.level[level][at >> 6]:
            break
        at >>= 6
    return column


cdef class _Parts:
    """Parts of the same n rows; holds their arrays so that its pointers stay valid.

    Parameters
    ----------
    sequences : list of (columns, ends)
        columns: int32 (words,); ends: int64 (n + 1,), where each row begins and ends in columns.
    """

    cdef const int32_t **columns
    cdef const int64_t **ends
    cdef int64_t count, rows, words
    cdef list held

    def __cinit__(self, list sequences not None):
        cdef const int32_t[::1] columns
        cdef const int64_t[::1] ends
        cdef int64_t part
        self.count = len(sequences)
        self.held = []
        self.columns = <const int32_t **>calloc(self.count + 1, sizeof(int32_t *))
        self.ends = <const int64_t **>calloc(self.count + 1, sizeof(int64_t *))
        if self.columns == NULL or self.ends == NULL:
            raise MemoryError
        for part in range(self.count):
            columns, ends = sequences[part]
            self.held.append((columns, ends))
            self.rows = ends.shape[0] - 1
            self.words += columns.shape[0]
            self.ends[part] = &ends[0]
            self.columns[part] = &columns[0] if columns.shape[0] else NULL

    def __dealloc__(self):
        free(self.columns)
        free(self.ends)


cdef int64_t _count_row(
    _Parts parts, int64_t row, int32_t *counts, Marks *marks
) noexcept nogil:
    """Count the columns of a row, except -1; return the number of different ones.

    counts: (width,), zeros. Writes into counts and marks. O(words of the row).
    """
    cdef int64_t part, at, found = 0
    cdef int32_t column
    for part in range(parts.count):
        for at in range(parts.ends[part][row], parts.ends[part][row + 1]):
            column = parts.columns[part][at]
            if column >= 0:
                if counts[column] == 0:
                    _mark(marks, column)
                    found += 1
                counts[column] += 1
    return found


def count_rows(list sequences, int64_t width):
    """Count how often each column occurs in each row.

    Parameters
    ----------
    sequences : list of (columns, ends)
        See `_Parts`; columns are below `width`, or -1, which is not counted. At least one.
    width : int
        Number of columns.

    Returns
    -------
    indptr : ndarray of shape (n + 1,), int64
    indices : ndarray of shape (nnz,), int32
        Sorted within each row.
    counts : ndarray of shape (nnz,), int32
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t cells
    cdef Marks marks
    cdef int32_t *counts = <int32_t *>calloc(width + 1, sizeof(int32_t))
    cdef int enough = _start_marks(&marks, width)
    indptr = np.zeros(parts.rows + 1, np.int64)
    cdef int64_t[::1] starts = indptr
    try:
        if counts == NULL or not enough:
            raise MemoryError
        indices = np.empty(parts.words, np.int32)  # memory that is not written costs nothing
        data = np.empty(parts.words, np.int32)
        cells = _fill_rows(parts, counts, &marks, starts, indices, data)
    finally:
        _free_marks(&marks)
        free(counts)
    return indptr, indices[:cells].copy(), data[:cells].copy()


cdef int64_t _fill_rows(
    _Parts parts, int32_t *counts, Marks *marks, int64_t[::1] indptr, int32_t[::1] indices,
    int32_t[::1] data
):
    """Write the arrays that `count_rows` returns; return the number of cells. O(words + n)."""
    cdef int64_t row, found, column, cell = 0
    with nogil:
        for row in range(parts.rows):
            found = _count_row(parts, row, counts, marks)
            while found > 0:
                column = _take_first(marks)
                indices[cell] = <int32_t>column
                data[cell] = counts[column]
                counts[column] = 0
                cell += 1
                found -= 1
            indptr[row + 1] = cell
    return cell


def sum_rows(list sequences, int64_t most, const int64_t[::1] starts,
             const int32_t[::1] columns, const int32_t[::1] values, int64_t width):
    """For each row, add up the rows of a table that its first words name.

    Parameters
    ----------
    sequences : list of (numbers, ends)
        See `_Parts`; numbers are rows of the table. At least one.
    most : int
        Number of words of a row that are used, in each part.
    starts, columns, values : ndarray of int64, int32 and int32
        The table as CSR.
    width : int
        Number of columns of the table.

    Returns
    -------
    ndarray of shape (n, width), int64
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t part, row, at, cell, stop
    cdef int32_t number
    result = np.zeros((parts.rows, width), np.int64)
    cdef int64_t[:, ::1] sums = result
    with nogil:
        for part in range(parts.count):
            for row in range(parts.rows):
                stop = min(parts.ends[part][row + 1], parts.ends[part][row] + most)
                for at in range(parts.ends[part][row], stop):
                    number = parts.columns[part][at]
                    for cell in range(starts[number], starts[number + 1]):
                        sums[row, columns[cell]] += values[cell]
    return result


def frequencies(list sequences, int64_t width):
    """Return how often each column occurs in all parts together.

    Parameters
    ----------
    sequences : list of (columns, ends)
        See `_Parts`; columns are from 0 to below `width`.
    width : int
        Number of columns.

    Returns
    -------
    ndarray of shape (width,), int64
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t part, at
    result = np.zeros(width, np.int64)
    cdef int64_t[::1] counts = result
    with nogil:
        for part in range(parts.count):
            for at in range(parts.ends[part][parts.rows]):
                counts[parts.columns[part][at]] += 1
    return result


def document_frequencies(list blocks, int64_t width):
    """Return the number of rows in which each column occurs, in any part of its block.

    Parameters
    ----------
    blocks : list of lists of (columns, ends)
        See `_Parts`; columns are below `width`.
    width : int
        Number of columns.

    Returns
    -------
    ndarray of shape (width,), int64
    """
    cdef _Parts parts
    cdef int64_t row, part, at, first = 0
    cdef int32_t column
    last = np.full(width, -1, np.int64)
    frequencies = np.zeros(width, np.int64)
    cdef int64_t[::1] seen = last, df = frequencies
    for block in blocks:
        parts = _Parts(block)
        with nogil:
            for row in range(parts.rows):
                for part in range(parts.count):
                    for at in range(parts.ends[part][row], parts.ends[part][row + 1]):
                        column = parts.columns[part][at]
                        if seen[column] != first + row:
                            seen[column] = first + row
                            df[column] += 1
        first += parts.rows
    return frequencies


cdef struct Pair:
    int32_t column          # one of the two
    uint32_t place          # of the first, among the words of all parts


cdef void _sort_pairs(
    _Parts parts, const uint32_t[::1] places, int64_t *seconds, int64_t *firsts, Pair *half,
    Pair *done, int64_t width
) noexcept nogil:
    """Sort the pairs that begin at the places by first column, second column and place.

    places: rising. Two stable distributions: by second column into `half`, whose entries name
    the first, then by first column into `done`, whose entries name the second. seconds, firsts:
    (width + 1,). Writes into firsts where the pairs of each first column end in `done`.
    O(places + width).
    """
    cdef int64_t part, at, offset, end, column, count
    cdef const int32_t *pair
    cdef int pass_number
    memset(seconds, 0, (width + 1) * sizeof(int64_t))
    memset(firsts, 0, (width + 1) * sizeof(int64_t))
    for pass_number in range(2):
        part, offset, end = 0, 0, parts.ends[0][parts.rows]
        for at in range(places.shape[0]):
            while places[at] >= end:
                part += 1
                offset, end = end, end + parts.ends[part][parts.rows]
            pair = parts.columns[part] + (places[at] - offset)
            if pass_number == 0:
                seconds[pair[1]] += 1
                firsts[pair[0]] += 1
            else:
                half[seconds[pair[1]]].column = pair[0]
                half[seconds[pair[1]]].place = places[at]
                seconds[pair[1]] += 1
        if pass_number == 0:
            _make_starts(seconds, width)
            _make_starts(firsts, width)
    at = 0
    for column in range(width):  # seconds[column] is now where the column's pairs end
        while at < seconds[column]:
            count = firsts[half[at].column]
            done[count].column = <int32_t>column
            done[count].place = half[at].place
            firsts[half[at].column] = count + 1
            at += 1


cdef void _make_starts(int64_t *counts, int64_t width) noexcept nogil:
    """Replace each count by the sum of those before it. O(width)."""
    cdef int64_t at, count, total = 0
    for at in range(width):
        count = counts[at]
        counts[at] = total
        total += count


cdef int64_t _number_runs(
    const Pair *pairs, const int64_t *firsts, int64_t low, int64_t high, int64_t width,
    int64_t least, int64_t *codes, int32_t *numbers
) noexcept nogil:
    """Number the pairs that occur at least `least` times, from 0; return how many there are.

    pairs, firsts: what `_sort_pairs` wrote. Writes the code of each pair into codes, and its
    number into numbers at every place where it begins. O(pairs).
    """
    cdef int64_t column, at = 0, end, found = 0
    for column in range(low, high):
        while at < firsts[column]:
            end = at + 1
            while end < firsts[column] and pairs[end].column == pairs[at].column:
                end += 1
            if end - at >= least:
                codes[found] = column * width + pairs[at].column
                while at < end:
                    numbers[pairs[at].place] = <int32_t>found
                    at += 1
                found += 1
            at = end
    return found


def pair_places(list sequences):
    """Find the pairs of neighboring columns, all in one block.

    Parameters
    ----------
    sequences : list of (columns, ends)
        See `find_pairs`.

    Returns
    -------
    ndarray of shape (pairs,), uint32
        Where the pairs begin in the words of all parts, one part after the other; rising.
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t part, row, at, offset = 0, found = 0
    cdef const int32_t *words
    every = np.empty(sum(len(columns) for columns, _ in sequences) + 1, np.uint32)
    cdef uint32_t[::1] places = every
    with nogil:
        for part in range(parts.count):
            words = parts.columns[part]
            for row in range(parts.rows):
                for at in range(parts.ends[part][row], parts.ends[part][row + 1] - 1):
                    places[found] = <uint32_t>(offset + at)
                    found += (words[at] | words[at + 1]) >= 0  # neither is -1; without a branch
            offset += parts.ends[part][parts.rows]
    return every[:found]


def find_pairs(list sequences, int64_t width, int64_t most):
    """Find the pairs of neighboring columns, in blocks of first columns.

    Parameters
    ----------
    sequences : list of (columns, ends)
        See `_Parts`; columns are below `width`, or -1, which is in no pair. At least one;
        fewer than 2 ** 32 words in all.
    width : int
        Number of columns.
    most : int
        Maximum number of pairs in a block, unless a single first column has more.

    Returns
    -------
    limits : list of int
        The first column at which each block begins, from 0, and at the end `width`.
    places : list of ndarray of shape (pairs,), uint32
        For each block, where its pairs begin in the words of all parts, one part after the
        other; rising.
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t part, row, at, column, offset = 0, block = 0, in_block = 0
    cdef const int32_t *words
    counted = np.zeros(width, np.int64)
    blocks = np.zeros(width, np.int32)
    cdef int64_t[::1] counts = counted
    cdef int32_t[::1] block_of = blocks
    limits = [0]
    with nogil:
        for part in range(parts.count):
            words = parts.columns[part]
            for row in range(parts.rows):
                for at in range(parts.ends[part][row], parts.ends[part][row + 1] - 1):
                    if words[at] >= 0 and words[at + 1] >= 0:
                        counts[words[at]] += 1
    for column in range(width):
        if in_block and in_block + counts[column] > most:
            limits.append(column)
            block, in_block = block + 1, 0
        in_block += counts[column]
        block_of[column] = <int32_t>block
    ends = np.cumsum(np.concatenate(([0], counted)))[limits + [width]]
    cdef int64_t[::1] cursor = ends.copy()
    found = np.empty(ends[len(ends) - 1], np.uint32)
    cdef uint32_t[::1] places = found
    with nogil:
        for part in range(parts.count):
            words = parts.columns[part]
            for row in range(parts.rows):
                for at in range(parts.ends[part][row], parts.ends[part][row + 1] - 1):
                    if words[at] >= 0 and words[at + 1] >= 0:
                        block = block_of[words[at]]
                        places[cursor[block]] = <uint32_t>(offset + at)
                        cursor[block] += 1
            offset += parts.ends[part][parts.rows]
    return limits + [width], np.split(found, ends[1:len(ends) - 1])


def number_pairs(list sequences, int64_t width, int64_t least, int64_t low, int64_t high,
                 const uint32_t[::1] places, int32_t[::1] numbers):
    """Number the pairs of a block that occur often enough, in order.

    Parameters
    ----------
    sequences, width
        As for `find_pairs`.
    least : int
        How often a pair must occur to be numbered.
    low, high : int
        The block contains the pairs whose first column is from `low` to below `high`.
    places : ndarray of shape (pairs,), uint32
        Where the pairs of the block begin, rising.
    numbers : ndarray of shape (words,), int32
        Written into, for the words of all parts, one part after the other: the number, from 0,
        of the pair that begins at the word. Where no such pair begins, nothing is written.

    Returns
    -------
    ndarray of shape (numbers,), int64
        ``first * width + second`` for each numbered pair, rising.
    """
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t pairs = places.shape[0], found
    found_codes = np.empty(pairs + 1, np.int64)
    cdef int64_t[::1] codes = found_codes
    cdef int32_t *written = &numbers[0] if numbers.shape[0] else NULL
    cdef int64_t *seconds = <int64_t *>malloc((width + 1) * sizeof(int64_t))
    cdef int64_t *firsts = <int64_t *>malloc((width + 1) * sizeof(int64_t))
    cdef Pair *half = <Pair *>malloc((pairs + 1) * sizeof(Pair))
    cdef Pair *done = <Pair *>malloc((pairs + 1) * sizeof(Pair))
    try:
        if seconds == NULL or firsts == NULL or half == NULL or done == NULL:
            raise MemoryError
        with nogil:
            _sort_pairs(parts, places, seconds, firsts, half, done, width)
            found = _number_runs(done, firsts, low, high, width, least, &codes[0], written)
    finally:
        free(seconds)
        free(firsts)
        free(half)
        free(done)
    return found_codes[:found].copy()


def shift_numbers(list sequences, const int32_t[::1] shift, int32_t[::1] numbers):
    """Add the `shift` of its first column to the number of each pair, in place. O(words)."""
    cdef _Parts parts = _Parts(sequences)
    cdef int64_t part, at, offset = 0
    with nogil:
        for part in range(parts.count):
            for at in range(parts.ends[part][parts.rows]):
                if numbers[offset + at] >= 0:
                    numbers[offset + at] += shift[parts.columns[part][at]]
            offset += parts.ends[part][parts.rows]

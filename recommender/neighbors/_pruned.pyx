"""Compiled kernels of `pruned`: lay out rows, search for the neighbors of seeds, prove the lists.

Two more serve `carry`: score given candidates, and measure how much rows have grown.

The search computes scores in float32. `finish_rows` computes those that matter again in float64,
and accepts a list only if the error bound of float32 proves that it is complete. Every loop runs
without the GIL. Nothing here checks its arguments: `pruned` passes C-contiguous arrays of the
sizes stated below.
"""

from libc.math cimport rint, sqrt
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

import numpy as np

cdef extern from "_pruned.h":
    const int LANES
    int COUNT_TRAILING_ZEROS(unsigned int bits) noexcept nogil
    void PREFETCH(const void *address) noexcept nogil
    uint32_t pack(float weight, uint32_t row) noexcept nogil
    float packed_weight(uint32_t posting) noexcept nogil
    void score_group(
        uint16_t *hopeful, const int64_t *starts, const uint16_t *terms, const float *weights,
        const float *table, const float *tail, int stride, const float *lane_thresholds,
        const float *thresholds, float *totals) noexcept nogil
    void mark_hopeful(
        uint16_t *hopeful, uint16_t bit, const float *tail, float norm, const float *norms,
        float threshold, const float *thresholds, int count) noexcept nogil

BLOCK = 4096
"""Number of candidates in a block: the scores of one seed take 16 KB, and local ids fit 16 bits."""

MAX_THREADS = 64
"""Maximum number of `Lists` that `finish_rows` can join."""

FLOOR = 1e-7
"""Float32 scores up to this one round to zero millionths, whatever their error."""

cdef enum:
    BLOCK_ROWS = 4096
    AHEAD = 4  # postings are fetched this many terms ahead
    SORTED = 200  # sorting more entries than this does not pay
    NO_ROW = 2147483647  # after the last posting of a rare term
    STRIDE = 4096 + 16  # padded, so that the lanes of a candidate do not share a cache set

cdef float SCORE_FLOOR = 1e-7
cdef double ROUNDING = 2.0 ** -24
cdef double PACKING = 2.0 ** -12
cdef double MILLION = 1e6

ctypedef struct Posting:
    # One weight of a rare term: 8 adjacent bytes, so that reading it is one cache miss.
    float weight
    int32_t row


cdef class Index:
    """Candidates laid out for the search.

    Terms are renumbered by falling df: `slot` 0..n_head-1 are head terms, the next n_middle are
    middle terms, the rest are rare terms; -1 is a term of no candidate. Head terms are stored row
    by row (float32 weights, 16-bit slots). Middle terms are stored as postings, block by block of
    BLOCK candidates and term by term within a block, so that a block stays in the cache. Rare
    terms are stored as plain postings. Memory: 4 to 8 bytes per weight, and 4 per middle term and
    block.
    """

    cdef readonly int64_t n_rows, n_blocks, n_head, n_middle
    cdef readonly double largest_norm
    cdef const int32_t[::1] slot
    cdef int64_t[::1] head_start
    cdef uint16_t[::1] head_term
    cdef float[::1] head_weight
    cdef float[::1] head_norm
    cdef int64_t[::1] block_start
    cdef int32_t[:, ::1] middle_start
    cdef uint32_t[::1] middle
    cdef int64_t[::1] rare_start
    cdef uint64_t[::1] rare

    def __init__(self, const int64_t[::1] indptr, const int32_t[::1] indices,
                 const double[::1] data, const int32_t[::1] slot, df, int64_t n_head,
                 int64_t n_middle):
        """Lay out CSR rows; df: the df of each slot, falling. O(nnz + n_middle n_blocks)."""
        n_rows = indptr.shape[0] - 1
        self.n_rows, self.n_head, self.n_middle = n_rows, n_head, n_middle
        self.largest_norm = 0.0
        self.n_blocks = (n_rows + BLOCK_ROWS - 1) // BLOCK_ROWS
        self.slot = slot
        starts = np.concatenate(([0], np.cumsum(df, dtype=np.int64)))
        head, middle = starts[n_head], starts[n_head + n_middle]
        self.head_start = np.zeros(n_rows + 1 + LANES, np.int64)
        self.head_term = np.empty(head + 1, np.uint16)
        self.head_weight = np.empty(head + 1, np.float32)
        self.head_norm = np.zeros(n_rows, np.float32)
        self.block_start = np.zeros(self.n_blocks + 1, np.int64)
        self.middle_start = np.zeros((self.n_blocks, n_middle + 1), np.int32)
        self.middle = np.empty(middle - head + 1, np.uint32)
        n_rare = len(df) - n_head - n_middle
        self.rare_start = starts[n_head + n_middle :] - middle + np.arange(n_rare + 1)
        self.rare = np.empty(starts[len(starts) - 1] - middle + n_rare + 1, np.uint64)
        cdef int64_t[::1] cursor = np.concatenate((np.zeros(n_middle, np.int64), self.rare_start))
        cdef const int32_t *terms = &indices[0] if indices.shape[0] else NULL
        cdef const double *weights = &data[0] if data.shape[0] else NULL
        cdef int64_t block
        with nogil:
            for block in range(self.n_blocks):
                lay_out(self, block, &indptr[0], terms, weights, &cursor[0])
            end_rare(self)


cdef void lay_out(Index index, int64_t block, const int64_t *indptr, const int32_t *indices,
                  const double *data, int64_t *cursor) noexcept nogil:
    """Write the weights of one block of rows into `index`, after those of earlier blocks.

    cursor: the next free posting of each middle slot, which is set here, then of each rare slot,
    which continues from the earlier blocks. O(nnz of the block + n_middle).
    """
    cdef int64_t first = block * BLOCK_ROWS, stop = min(first + BLOCK_ROWS, index.n_rows)
    cdef int64_t row, p, slot, filled = index.head_start[first], at = 0
    cdef Posting *rare = <Posting *>&index.rare[0]
    cdef double squares, head_squares
    for p in range(indptr[first], indptr[stop]):
        slot = index.slot[indices[p]] - index.n_head
        if 0 <= slot < index.n_middle:
            index.middle_start[block, slot + 1] += 1
    for slot in range(index.n_middle):
        cursor[slot] = index.block_start[block] + at
        at += index.middle_start[block, slot + 1]
        index.middle_start[block, slot + 1] = <int32_t>at
    index.block_start[block + 1] = index.block_start[block] + at
    for row in range(first, stop):
        squares = head_squares = 0.0
        for p in range(indptr[row], indptr[row + 1]):
            squares += data[p] * data[p]
            slot = index.slot[indices[p]]
            if slot < 0:
                continue
            if slot < index.n_head:
                index.head_term[filled] = <uint16_t>slot
                index.head_weight[filled] = <float>data[p]
                head_squares += data[p] * data[p]
                filled += 1
                continue
            slot -= index.n_head
            if slot < index.n_middle:
                index.middle[cursor[slot]] = pack(<float>data[p], <uint32_t>(row - first))
            else:
                rare[cursor[slot]] = Posting(<float>data[p], <int32_t>row)
            cursor[slot] += 1
        index.head_start[row + 1] = filled
        index.head_norm[row] = norm_above(head_squares)
        index.largest_norm = max(index.largest_norm, sqrt(squares))


cdef void end_rare(Index index) noexcept nogil:
    """End the postings of each rare term with one whose row is NO_ROW. O(rare terms)."""
    cdef int64_t slot
    for slot in range(index.rare_start.shape[0] - 1):
        (<Posting *>&index.rare[index.rare_start[slot + 1] - 1])[0] = Posting(0.0, NO_ROW)


cdef inline float norm_above(double squares) noexcept nogil:
    """Return a float32 that exceeds the root by more than all later rounding errors. O(1)."""
    return <float>(sqrt(squares) * (1.0 + 1e-6))


cdef class Lists:
    """For each of n rows, the best `width` candidates so far by float32 score, and some more.

    A candidate that is not in a list scores at most the list's `threshold`. Entries are not
    ordered. When a list has `room` entries, all but the best `width` are dropped.
    """

    cdef readonly int64_t width, room
    cdef int32_t[::1] count
    cdef float[::1] threshold
    cdef float[:, ::1] score
    cdef int32_t[:, ::1] row

    def move_rows(self, int32_t by):
        """Add a number to the rows of all entries. O(rows * room)."""
        np.asarray(self.row)[...] += by

    def __init__(self, int64_t n_rows, int64_t width, int64_t room, floors=FLOOR):
        """Make n empty lists that accept scores above `floors`: one number, or one per list.

        room: more than width; or as many entries as are ever pushed into a list, and then none
        is dropped.
        """
        self.width, self.room = width, room
        self.count = np.zeros(n_rows, np.int32)
        threshold = np.zeros(n_rows + LANES, np.float32)  # is read in whole groups
        threshold[:n_rows] = floors
        self.threshold = threshold
        self.score = np.empty((n_rows, room), np.float32)  # takes no memory until it is filled
        self.row = np.empty((n_rows, room), np.int32)


cdef inline void push(Lists lists, int64_t place, float score, int32_t row) noexcept nogil:
    """Add a candidate that beats the threshold to list `place`. O(1) on average."""
    cdef int64_t at = lists.count[place]
    lists.score[place, at] = score
    lists.row[place, at] = row
    at += 1
    if at == lists.room and at > lists.width:
        lists.threshold[place] = keep_best(
            &lists.score[place, 0], &lists.row[place, 0], at, lists.width)
        at = lists.width
    lists.count[place] = <int32_t>at


cdef float keep_best(float *scores, int32_t *rows, int64_t count, int64_t wanted) noexcept nogil:
    """Move the best `wanted` of `count` entries to the front; return the lowest of their scores.

    Quickselect: every entry before `low`, or before `high`, scores at least as much as every
    entry from there on. O(count) on average; no branch depends on a single score.
    """
    cdef int64_t low = 0, high = count, above
    cdef float pivot, least
    while low < wanted < high:
        pivot = median(scores[low], scores[(low + high) // 2], scores[high - 1])
        above = bring_forward(scores, rows, low, high, pivot, False)
        if above >= wanted:
            high = above
        else:
            low = bring_forward(scores, rows, above, high, pivot, True)
    least = scores[0]
    for low in range(1, wanted):
        least = min(least, scores[low])
    return least


cdef inline int64_t bring_forward(float *scores, int32_t *rows, int64_t low, int64_t high,
                                  float pivot, bint equal) noexcept nogil:
    """Move entries that score more than the pivot to the front; return where they end.

    equal: also move those that score the same. O(high - low).
    """
    cdef int64_t at, end = low
    cdef float score
    cdef int32_t row
    for at in range(low, high):
        score, row = scores[at], rows[at]
        scores[at], rows[at] = scores[end], rows[end]
        scores[end], rows[end] = score, row
        end += (score >= pivot) if equal else (score > pivot)
    return end


cdef inline float median(float a, float b, float c) noexcept nogil:
    """Return the median of three. O(1)."""
    return max(min(a, b), min(max(a, b), c))


cdef class Seeds:
    """Some seeds, split as the index is: head terms, middle terms, rare terms.

    Blocks are searched in rising order, so each rare term keeps the place that it has reached in
    its postings.
    """

    cdef int64_t n
    cdef int64_t[::1] head_start, middle_start, rare_start
    cdef uint16_t[::1] head_term
    cdef int32_t[::1] middle_slot, rare_row
    cdef int64_t[::1] rare_at
    cdef float[::1] head_weight, middle_weight, rare_weight, norm

    def __init__(self, Index index, const int64_t[::1] indptr, const int32_t[::1] indices,
                 const double[::1] data, const int32_t[::1] rows):
        """Split the given CSR rows. O(their weights)."""
        self.n = rows.shape[0]
        lengths = np.diff(indptr)[rows]
        total = int(lengths.sum()) + 1
        self.head_start = np.zeros(self.n + 1, np.int64)
        self.head_term = np.empty(total, np.uint16)
        self.head_weight = np.empty(total, np.float32)
        self.norm = np.empty(self.n, np.float32)
        self.middle_start = np.zeros(self.n + 1, np.int64)
        self.middle_slot = np.empty(total, np.int32)
        self.middle_weight = np.empty(total, np.float32)
        self.rare_start = np.zeros(self.n + 1, np.int64)
        self.rare_at = np.empty(total, np.int64)
        self.rare_row = np.empty(total, np.int32)
        self.rare_weight = np.empty(total, np.float32)
        cdef const int32_t *terms = &indices[0] if indices.shape[0] else NULL
        cdef const double *weights = &data[0] if data.shape[0] else NULL
        cdef const int32_t *chosen = &rows[0] if rows.shape[0] else NULL
        with nogil:
            split_rows(self, index, &indptr[0], terms, weights, chosen)


cdef void split_rows(Seeds seeds, Index index, const int64_t *indptr, const int32_t *indices,
                     const double *data, const int32_t *rows) noexcept nogil:
    """Write the weights of the rows into the parts of `seeds`, and the norms. O(weights)."""
    cdef int64_t s, p, slot, heads = 0, middles = 0, rares = 0
    cdef const Posting *rare = <const Posting *>&index.rare[0]
    cdef double squares
    for s in range(seeds.n):
        squares = 0.0
        for p in range(indptr[rows[s]], indptr[rows[s] + 1]):
            slot = index.slot[indices[p]]
            if slot < 0:
                continue
            if slot < index.n_head:
                seeds.head_term[heads] = <uint16_t>slot
                seeds.head_weight[heads] = <float>data[p]
                squares += data[p] * data[p]
                heads += 1
            elif slot < index.n_head + index.n_middle:
                seeds.middle_slot[middles] = <int32_t>(slot - index.n_head)
                seeds.middle_weight[middles] = <float>data[p]
                middles += 1
            else:
                slot -= index.n_head + index.n_middle
                seeds.rare_at[rares] = index.rare_start[slot]
                seeds.rare_row[rares] = rare[index.rare_start[slot]].row
                seeds.rare_weight[rares] = <float>data[p]
                rares += 1
        seeds.head_start[s + 1] = heads
        seeds.middle_start[s + 1] = middles
        seeds.rare_start[s + 1] = rares
        seeds.norm[s] = norm_above(squares)


ctypedef struct Scratch:
    # Buffers of one call of search_rows.
    float *tail          # (LANES, STRIDE): tail scores of one block, a row per seed
    uint16_t *hopeful    # (BLOCK_ROWS,): bit l is set if the pair with lane l may matter
    float *table         # (n_head, LANES): head weights of the batch, 0 between batches
    float *never         # (BLOCK_ROWS,): thresholds that no score beats


def search_rows(Index index, seeds, const int32_t[::1] rows, const int32_t[::1] places,
                const int32_t[::1] own, Lists mine, Lists theirs=None):
    """Search the candidates for the neighbors of some seeds.

    Parameters
    ----------
    index : Index
        The candidates.
    seeds : tuple of (indptr int64, indices int32, data float64, terms int)
        CSR rows.
    rows : ndarray of shape (n,), int32
        The seeds to find neighbors for: rows of that CSR.
    places : ndarray of shape (n,), int32
        Position in `mine` of each seed's list.
    own : ndarray of shape (n,), int32
        Row of each seed among the candidates, or -1.
    mine : Lists
        Written into.
    theirs : Lists, optional
        Search by halves, for seeds that are all candidates: seed i is compared only with the
        candidates below own[i], and each pair is offered to the lists of both. Written into.
    """
    cdef float[::1] tail = aligned(LANES * STRIDE)
    cdef uint16_t[::1] hopeful = np.zeros(BLOCK_ROWS, np.uint16)
    cdef float[::1] table = aligned((index.n_head + 1) * LANES)
    cdef float[::1] never = np.full(BLOCK_ROWS, np.inf, np.float32)
    cdef Scratch scratch = Scratch(&tail[0], &hopeful[0], &table[0], &never[0])
    cdef const int32_t *lists = &places[0] if places.shape[0] else NULL
    cdef const int32_t *themselves = &own[0] if own.shape[0] else NULL
    cdef int64_t block, batch
    cdef bint halves = theirs is not None
    cdef Lists others = theirs if halves else mine
    cdef Seeds split = Seeds(index, seeds[0], seeds[1], seeds[2], rows)
    with nogil:
        for block in range(index.n_blocks):
            for batch in range((split.n + LANES - 1) // LANES):
                search_block(index, split, block, batch * LANES, lists, themselves, mine,
                             others, halves, &scratch)


def aligned(count):
    """Return zeros of shape (count,), float32, that begin at a cache line."""
    raw = np.zeros(count + 16, np.float32)
    return raw[(-raw.ctypes.data // 4) % 16 :][:count]


cdef void search_block(Index index, Seeds seeds, int64_t block, int64_t first,
                       const int32_t *places, const int32_t *own, Lists mine, Lists theirs,
                       bint halves, Scratch *scratch) noexcept nogil:
    """Offer the candidates of one block to seeds first..first+LANES-1. Writes into the lists.

    Adds up the tail score of every pair from postings, bounds the score, and multiplies the heads
    only of candidates whose bound beats a threshold for some seed.
    """
    cdef int64_t base = block * BLOCK_ROWS, seed, stop = min(first + LANES, seeds.n)
    cdef int64_t rows = min(<int64_t>BLOCK_ROWS, index.n_rows - base), limit, highest = 0
    cdef int lane
    cdef const float *thresholds = &theirs.threshold[base] if halves else scratch.never
    for lane in range(<int>(stop - first)):
        seed = first + lane
        limit = max(<int64_t>0, min(rows, own[seed] - base)) if halves else rows
        if limit == 0:
            continue
        highest = max(highest, limit)
        add_tail(index, seeds, seed, block, rows, scratch.tail + lane * STRIDE)
        mark_hopeful(scratch.hopeful, <uint16_t>(1 << lane), scratch.tail + lane * STRIDE,
                     seeds.norm[seed], &index.head_norm[base], mine.threshold[places[seed]],
                     thresholds, <int>limit)
    if highest == 0:
        return
    fill_table(seeds, first, stop, scratch.table, True)
    offer_hopeful(index, base, highest, first, <int>(stop - first), places, own, mine, theirs,
                  halves, scratch)
    fill_table(seeds, first, stop, scratch.table, False)


cdef void add_tail(Index index, Seeds seeds, int64_t seed, int64_t block, int64_t rows,
                   float *tail) noexcept nogil:
    """Write into tail[0..rows-1] the sums over middle and rare terms. O(postings + rows)."""
    cdef int64_t p, q, slot, stop = seeds.middle_start[seed + 1]
    cdef float weight
    cdef int32_t base = <int32_t>(block * BLOCK_ROWS), last = <int32_t>(base + rows - 1)
    cdef const int32_t *starts = &index.middle_start[block, 0]
    cdef const uint32_t *middle = &index.middle[index.block_start[block]]
    cdef const Posting *rare = <const Posting *>&index.rare[0]
    memset(tail, 0, rows * sizeof(float))
    for p in range(seeds.middle_start[seed], stop):
        if p + AHEAD < stop:
            PREFETCH(&middle[starts[seeds.middle_slot[p + AHEAD]]])
        slot = seeds.middle_slot[p]
        weight = seeds.middle_weight[p]
        for q in range(starts[slot], starts[slot + 1]):
            tail[middle[q] & (BLOCK_ROWS - 1)] += packed_weight(middle[q]) * weight
    for p in range(seeds.rare_start[seed], seeds.rare_start[seed + 1]):
        if seeds.rare_row[p] <= last:
            q = seeds.rare_at[p]
            while rare[q].row <= last:
                tail[rare[q].row - base] += rare[q].weight * seeds.rare_weight[p]
                q += 1
            seeds.rare_at[p] = q
            seeds.rare_row[p] = rare[q].row


cdef void fill_table(Seeds seeds, int64_t first, int64_t stop, float *table,
                     bint fill) noexcept nogil:
    """Write the head weights of a batch, or zeros, into its lanes of `table`. O(head terms)."""
    cdef int64_t seed, p
    for seed in range(first, stop):
        for p in range(seeds.head_start[seed], seeds.head_start[seed + 1]):
            table[<int64_t>seeds.head_term[p] * LANES + seed - first] = (
                seeds.head_weight[p] if fill else 0.0)


cdef void offer_hopeful(Index index, int64_t base, int64_t rows, int64_t first, int lanes,
                        const int32_t *places, const int32_t *own, Lists mine, Lists theirs,
                        bint halves, Scratch *scratch) noexcept nogil:
    """Score the marked pairs, push those that beat a threshold, and clear the marks.

    lanes: number of seeds in the batch. O(rows / 4 + marked candidates * their head terms +
    groups with a mark * LANES).
    """
    cdef int64_t c
    cdef int lane, i
    cdef float lane_thresholds[16]
    cdef float totals[16 * 16]
    cdef uint16_t *hopeful
    cdef const float *thresholds
    for lane in range(LANES):
        lane_thresholds[lane] = (
            mine.threshold[places[first + lane]] if lane < lanes else SCORE_FLOOR)
    for c in range(0, rows, 16):
        hopeful = scratch.hopeful + c
        if not any_set(hopeful):
            continue
        thresholds = &theirs.threshold[base + c] if halves else scratch.never
        score_group(hopeful, &index.head_start[base + c], &index.head_term[0],
                    &index.head_weight[0], scratch.table, scratch.tail + c, STRIDE,
                    lane_thresholds, thresholds, totals)
        if any_set(hopeful):
            for i in range(LANES):
                offer(<int32_t>(base + c + i), hopeful[i], totals + i, first, places, own, mine,
                      theirs, halves, lane_thresholds)
                hopeful[i] = 0


cdef inline bint any_set(const uint16_t *hopeful) noexcept nogil:
    """Return whether a group of 16 candidates has a mark. O(1)."""
    cdef const uint64_t *words = <const uint64_t *>hopeful
    return (words[0] | words[1] | words[2] | words[3]) != 0


cdef inline void offer(int32_t candidate, unsigned int lanes, const float *totals, int64_t first,
                       const int32_t *places, const int32_t *own, Lists mine, Lists theirs,
                       bint halves, float *lane_thresholds) noexcept nogil:
    """Push a candidate into the lists of seeds in `lanes`; by halves, also these into its list.

    totals: its score with lane l is at l * LANES. Keeps lane_thresholds equal to the thresholds
    of `mine`.
    """
    cdef int lane
    cdef float score
    while lanes:
        lane = COUNT_TRAILING_ZEROS(lanes)
        lanes &= lanes - 1
        score = totals[lane * LANES]
        if score > lane_thresholds[lane] and candidate != own[first + lane]:
            push(mine, places[first + lane], score, candidate)
            lane_thresholds[lane] = mine.threshold[places[first + lane]]
        if halves and score > theirs.threshold[candidate]:
            push(theirs, candidate, score, own[first + lane])


ctypedef struct Part:
    # One thread's Lists, as pointers.
    int64_t room
    const int32_t *count
    const float *threshold
    const float *score
    const int32_t *row


ctypedef struct Exact:
    # Input and buffers of `decide`.
    const int64_t *indptr    # candidates as CSR
    const int32_t *indices
    const double *data
    double *weight           # (terms + 1,): the seed's weights, each one place later; else 0
    uint32_t *marked         # (terms / 32 + 1,): a bit for each term of the seed; else 0
    float *found             # (members,): float32 scores of the candidates that threads found
    int32_t *found_row       # (members,): their rows
    int64_t *best            # (k,): exact millionths of the best so far, in order
    int32_t *best_row        # (k,): their rows
    int64_t k
    int64_t width            # maximum number of found candidates that are scored; above k


def finish_rows(candidates, seeds, int32_t[::1] rows, int32_t[::1] places, list lists,
                double largest, const int64_t[::1] least, int32_t[:, ::1] out_rows,
                float[:, ::1] out_scores, float[::1] floors):
    """Order lists in float64 by the tie rule; prove each, or return the floor of another search.

    Parameters
    ----------
    candidates, seeds : tuple of (indptr int64, indices int32, data float64, terms int)
        CSR rows.
    rows : ndarray of shape (n,), int32
        Rows of the seeds in their CSR, in `out_rows` and in `out_scores`.
    places : ndarray of shape (n,), int32
        Position of each seed's list in every element of `lists`.
    lists : list of Lists, at most MAX_THREADS
        What the threads found: each candidate is in one of a seed's lists, or scores at most
        the threshold of one of them.
    largest : float
        Largest norm of a candidate; times the seed's norm, it bounds every score.
    least : ndarray of shape (n,), int64
        The lowest score that matters, in millionths: a list counts as proven although it may
        lack candidates with lower scores.
    out_rows, out_scores : ndarray of shape (all seeds, k), int32 and float32
        Written into at `rows`.
    floors : ndarray of shape (n,), float32
        Written into: -1 if the list is proven; else a float32 score that every candidate that
        could belong to the list exceeds.
    """
    cdef const int64_t[::1] indptr = candidates[0], seed_indptr = seeds[0]
    cdef const int32_t[::1] indices = candidates[1], seed_indices = seeds[1]
    cdef const double[::1] data = candidates[2], seed_data = seeds[2]
    cdef Part parts[64]  # MAX_THREADS
    cdef int n_parts = 0
    cdef int64_t members = 0, width = 0, i, k = out_rows.shape[1]
    cdef Lists part
    for part in lists:
        width = part.width
        parts[n_parts] = Part(part.room, &part.count[0], &part.threshold[0], &part.score[0, 0],
                              &part.row[0, 0])
        n_parts += 1
        members += part.room
    cdef double[::1] weight = np.zeros(seeds[3] + 1)
    cdef uint32_t[::1] marked = np.zeros(seeds[3] // 32 + 1, np.uint32)
    cdef float[::1] found = np.empty(members, np.float32)
    cdef int32_t[::1] found_row = np.empty(members, np.int32)
    cdef int64_t[::1] best = np.empty(k, np.int64)
    cdef int32_t[::1] best_row = np.empty(k, np.int32)
    cdef const int32_t *terms = &indices[0] if indices.shape[0] else NULL
    cdef const double *weights = &data[0] if data.shape[0] else NULL
    cdef const int32_t *seed_terms = &seed_indices[0] if seed_indices.shape[0] else NULL
    cdef const double *seed_weights = &seed_data[0] if seed_data.shape[0] else NULL
    cdef Exact exact = Exact(&indptr[0], terms, weights, &weight[0], &marked[0], &found[0],
                             &found_row[0], &best[0], &best_row[0], k, width)
    with nogil:
        for i in range(rows.shape[0]):
            floors[i] = decide(&exact, parts, n_parts, places[i], largest, least[i],
                               seed_indptr[rows[i] + 1] - seed_indptr[rows[i]],
                               seed_terms + seed_indptr[rows[i]],
                               seed_weights + seed_indptr[rows[i]],
                               &out_rows[rows[i], 0], &out_scores[rows[i], 0])


cdef float decide(Exact *exact, const Part *parts, int n_parts, int64_t place, double largest,
                  int64_t least, int64_t n_terms, const int32_t *terms, const double *weights,
                  int32_t *out_rows, float *out_scores) noexcept nogil:
    """Write one seed's list and return its floor: -1 if the list is proven (see finish_rows).

    The relative error of a sum of m products of rounded weights is at most m + 4 roundings and
    the packing of one middle posting. O(members * their terms) at worst.
    """
    cdef double error = PACKING + (n_terms + 16) * ROUNDING, squares = 0.0, cap
    cdef float outside = 0.0
    cdef int64_t members = 0, kept = 0, found, p, worst
    cdef int i
    error /= 1.0 - error
    mark_terms(exact, n_terms, terms, weights)
    for p in range(n_terms):
        squares += weights[p] * weights[p]
    cap = sqrt(squares) * largest * (1.0 + 1e-12)
    for i in range(n_parts):
        outside = max(outside, parts[i].threshold[place])
        members = gather(&parts[i], place, exact, members)
    if members > exact.width:
        found, members = members, exact.width
        outside = max(outside, keep_best(exact.found, exact.found_row, found, members))
    if members <= SORTED:
        sort_best_first(exact.found, exact.found_row, members)
    for p in range(0, members, 4):
        kept = consider(exact, kept, p, <int>min(<int64_t>4, members - p),
                        <int>max(<int64_t>0, min(<int64_t>4, members - p - 4)), error, cap)
    unmark_terms(exact, n_terms, terms)
    for p in range(kept):
        out_rows[p] = exact.best_row[p]
        out_scores[p] = <float>(exact.best[p] / MILLION)
    worst = max(least, exact.best[kept - 1] if kept == exact.k else 0)
    p = millionths_above(outside, error, cap)
    if p == 0 or p < worst:
        return -1.0
    return <float>max(<double>SCORE_FLOOR, (worst - 0.6) / MILLION * (1.0 - error) * (1.0 - 1e-6))


cdef void mark_terms(Exact *exact, int64_t count, const int32_t *terms,
                     const double *weights) noexcept nogil:
    """Make the terms of a seed known to `weight_of`. O(count)."""
    cdef int64_t p
    for p in range(count):
        exact.weight[terms[p] + 1] = weights[p]
        exact.marked[terms[p] >> 5] |= <uint32_t>1 << (terms[p] & 31)


cdef void unmark_terms(Exact *exact, int64_t count, const int32_t *terms) noexcept nogil:
    """Undo `mark_terms`. O(count)."""
    cdef int64_t p
    for p in range(count):
        exact.weight[terms[p] + 1] = 0.0
        exact.marked[terms[p] >> 5] = 0


cdef inline double weight_of(const Exact *exact, int32_t term) noexcept nogil:
    """Return the seed's weight of a term. The marks fit a cache that the weights do not. O(1)."""
    cdef uint32_t marked = (exact.marked[term >> 5] >> (term & 31)) & 1
    return exact.weight[(term + 1) & -<int32_t>marked]


cdef inline int64_t millionths_above(double score, double error, double cap) noexcept nogil:
    """Return the highest exact score, in millionths, that can round to a float32 score. O(1)."""
    return <int64_t>rint(min(cap, score * (1.0 + error) + 1e-30) * MILLION)


cdef int64_t gather(const Part *part, int64_t place, Exact *exact, int64_t members) noexcept nogil:
    """Append one list to found and found_row; return the new number of members. O(its entries)."""
    cdef int64_t p
    for p in range(part.count[place]):
        exact.found[members + p] = part.score[place * part.room + p]
        exact.found_row[members + p] = part.row[place * part.room + p]
    return members + part.count[place]


cdef void sort_best_first(float *scores, int32_t *rows, int64_t count) noexcept nogil:
    """Sort entries by falling score, so that fewer exact scores are needed. O(count^2).

    More than SORTED entries are not sorted. If that many tie, the lower rows go first, and the
    entries are already in the order in which the search met them.
    """
    cdef int64_t p, at
    cdef float score
    cdef int32_t row
    for p in range(1, count):
        score, row, at = scores[p], rows[p], p
        while at > 0 and scores[at - 1] < score:
            scores[at], rows[at] = scores[at - 1], rows[at - 1]
            at -= 1
        scores[at], rows[at] = score, row


cdef int64_t consider(Exact *exact, int64_t kept, int64_t first, int count, int more,
                      double error, double cap) noexcept nogil:
    """Insert up to four found candidates into the best, if they belong there; return its length.

    The four are scored together, unless none of them can belong there; `more`: see score_abreast.
    O(terms of the candidates + count * k).
    """
    cdef int64_t millionths
    cdef double totals[4]
    cdef bint hopeful = kept < exact.k
    cdef int i
    for i in range(count):
        hopeful = hopeful or goes_before(
            millionths_above(exact.found[first + i], error, cap), exact.found_row[first + i],
            exact.best[exact.k - 1], exact.best_row[exact.k - 1])
    if not hopeful:
        return kept
    score_abreast(exact, &exact.found_row[first], count, more, totals)
    for i in range(count):
        millionths = <int64_t>rint(totals[i] * MILLION)
        if millionths > 0:
            kept = insert(exact, kept, exact.found_row[first + i], millionths)
    return kept


cdef void score_abreast(const Exact *exact, const int32_t *rows, int count, int more,
                        double *totals) noexcept nogil:
    """Score up to four candidates side by side, so that the processor overlaps their additions.

    Each sum is in the order of the candidate's terms. `more` rows after these are fetched
    meanwhile, since reading them takes longer than the additions. O(terms of the candidates).
    """
    cdef int64_t start[4]
    cdef int64_t length[4]
    cdef int64_t ahead[4]
    cdef int64_t p, common
    cdef int i
    cdef double a = 0.0, b = 0.0, c = 0.0, d = 0.0
    for i in range(4):
        start[i] = exact.indptr[rows[min(i, count - 1)]]
        length[i] = exact.indptr[rows[min(i, count - 1)] + 1] - start[i]
        ahead[i] = exact.indptr[rows[count - 1 + min(i + 1, more)]]
    common = min(min(length[0], length[1]), min(length[2], length[3]))
    for p in range(common):
        if p % 8 == 0 and more > 0:
            for i in range(4):
                PREFETCH(&exact.data[ahead[i] + p])
                PREFETCH(&exact.indices[ahead[i] + p])
        a += weight_of(exact, exact.indices[start[0] + p]) * exact.data[start[0] + p]
        b += weight_of(exact, exact.indices[start[1] + p]) * exact.data[start[1] + p]
        c += weight_of(exact, exact.indices[start[2] + p]) * exact.data[start[2] + p]
        d += weight_of(exact, exact.indices[start[3] + p]) * exact.data[start[3] + p]
    totals[0], totals[1], totals[2], totals[3] = a, b, c, d
    for i in range(count):
        for p in range(start[i] + common, start[i] + length[i]):
            totals[i] += weight_of(exact, exact.indices[p]) * exact.data[p]


cdef int64_t insert(Exact *exact, int64_t kept, int32_t row, int64_t millionths) noexcept nogil:
    """Insert a candidate into the best if it belongs there; return its new length. O(k)."""
    cdef int64_t p
    if kept < exact.k:
        kept += 1
    elif not goes_before(millionths, row, exact.best[kept - 1], exact.best_row[kept - 1]):
        return kept
    p = kept - 1
    while p > 0 and goes_before(millionths, row, exact.best[p - 1], exact.best_row[p - 1]):
        exact.best[p] = exact.best[p - 1]
        exact.best_row[p] = exact.best_row[p - 1]
        p -= 1
    exact.best[p] = millionths
    exact.best_row[p] = row
    return kept


cdef inline bint goes_before(int64_t millionths, int32_t row, int64_t other,
                             int32_t other_row) noexcept nogil:
    """Return whether the first goes before the second by the tie rule. O(1)."""
    return millionths > other or (millionths == other and row < other_row)


def score_rows(rows, int32_t[::1] seeds, const int32_t[:, ::1] candidates,
               int32_t[:, ::1] out_rows, float[:, ::1] out_scores):
    """Order given candidates of some rows by the tie rule, with exact scores.

    Parameters
    ----------
    rows : tuple of (indptr int64, indices int32, data float64, terms int)
        CSR rows: seeds and candidates.
    seeds : ndarray of shape (n,), int32
        The rows whose candidates are scored.
    candidates : ndarray of shape (all rows, k), int32
        Different candidates of each row; -1 is none.
    out_rows, out_scores : ndarray of shape (all rows, k), int32 and float32
        Written into at `seeds`.

    Notes
    -----
    O(weights of the candidates + n k^2) at worst.
    """
    cdef const int64_t[::1] indptr = rows[0]
    cdef const int32_t[::1] indices = rows[1]
    cdef const double[::1] data = rows[2]
    cdef int64_t i, k = candidates.shape[1]
    cdef double[::1] weight = np.zeros(rows[3] + 1)
    cdef uint32_t[::1] marked = np.zeros(rows[3] // 32 + 1, np.uint32)
    cdef float[::1] found = np.zeros(k + 4, np.float32)
    cdef int32_t[::1] found_row = np.empty(k + 4, np.int32)
    cdef int64_t[::1] best = np.empty(k + 1, np.int64)
    cdef int32_t[::1] best_row = np.empty(k + 1, np.int32)
    cdef const int32_t *terms = &indices[0] if indices.shape[0] else NULL
    cdef const double *weights = &data[0] if data.shape[0] else NULL
    cdef Exact exact = Exact(&indptr[0], terms, weights, &weight[0], &marked[0], &found[0],
                             &found_row[0], &best[0], &best_row[0], k, k)
    if k == 0:
        return
    with nogil:
        for i in range(seeds.shape[0]):
            score_row(&exact, seeds[i], &candidates[seeds[i], 0], &out_rows[seeds[i], 0],
                      &out_scores[seeds[i], 0])


cdef void score_row(Exact *exact, int32_t seed, const int32_t *candidates, int32_t *out_rows,
                    float *out_scores) noexcept nogil:
    """Write the list of one row; see `score_rows`. O(weights of the candidates + k^2)."""
    cdef int64_t p, count = 0, kept = 0, millionths
    cdef int64_t start = exact.indptr[seed], stop = exact.indptr[seed + 1]
    cdef double totals[4]
    cdef int i, several
    mark_terms(exact, stop - start, exact.indices + start, exact.data + start)
    for p in range(exact.k):
        if candidates[p] >= 0:
            exact.found_row[count] = candidates[p]
            count += 1
    for p in range(0, count, 4):
        several = <int>min(<int64_t>4, count - p)
        score_abreast(
            exact, &exact.found_row[p], several, <int>min(<int64_t>4, count - p - several), totals)
        for i in range(several):
            millionths = <int64_t>rint(totals[i] * MILLION)
            if millionths > 0:
                kept = insert(exact, kept, exact.found_row[p + i], millionths)
    unmark_terms(exact, stop - start, exact.indices + start)
    for p in range(kept):
        out_rows[p] = exact.best_row[p]
        out_scores[p] = <float>(exact.best[p] / MILLION)


def measure_growth(rows, earlier, const int32_t[::1] seeds, const int32_t[::1] before,
                   const double[::1] factors, double[:, ::1] out):
    """Measure by how much rows exceed multiples of what they were.

    Parameters
    ----------
    rows : tuple of (indptr int64, indices int32, data float64, terms int)
        CSR rows.
    earlier : tuple of (indptr int64, indices int32, data float32, terms int)
        Earlier rows; a column is one of `rows`, or -1.
    seeds : ndarray of shape (n,), int32
        The rows to measure.
    before : ndarray of shape (all rows,), int32
        The earlier row of each row.
    factors : ndarray of shape (f,), float64, f <= 16
        The multiples.
    out : ndarray of shape (all rows, f), float64
        Written into at `seeds`: the length of the positive part of row - factor * earlier row.

    Notes
    -----
    O(weights of both * f).
    """
    cdef const int64_t[::1] indptr = rows[0], earlier_indptr = earlier[0]
    cdef const int32_t[::1] indices = rows[1], earlier_indices = earlier[1]
    cdef const double[::1] data = rows[2]
    cdef const float[::1] earlier_data = earlier[2]
    cdef double[::1] weight = np.zeros(rows[3] + 1)
    cdef int64_t i, p, seed, old
    cdef int f, count = <int>factors.shape[0]
    cdef double squares[16]
    cdef double was, more
    with nogil:
        for i in range(seeds.shape[0]):
            seed, old = seeds[i], before[seeds[i]]
            for f in range(count):
                squares[f] = 0.0
            for p in range(earlier_indptr[old], earlier_indptr[old + 1]):
                if earlier_indices[p] >= 0:
                    weight[earlier_indices[p]] = earlier_data[p]
            for p in range(indptr[seed], indptr[seed + 1]):
                was = weight[indices[p]]
                for f in range(count):
                    more = max(0.0, data[p] - factors[f] * was)
                    squares[f] += more * more
            for p in range(earlier_indptr[old], earlier_indptr[old + 1]):
                if earlier_indices[p] >= 0:
                    weight[earlier_indices[p]] = 0.0
            for f in range(count):
                out[seed, f] = sqrt(squares[f])

/* The inner loops of the compiled search, in C so that the compiler turns them into SIMD.
   Each writes only into its arguments and allocates nothing. */

#ifndef RECOMMENDER_PRUNED_H
#define RECOMMENDER_PRUNED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Compiles a function for several instruction sets; the best one is picked when the module is
   loaded. This needs GNU ifunc, and does not work under AddressSanitizer, which starts after
   the pick. Otherwise, the function is compiled once, for the default instruction set. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && __GNUC__ >= 12 \
    && !defined(__SANITIZE_ADDRESS__)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

#define LANES 16  /* seeds in a batch, and candidates in a group */

#if defined(__GNUC__)
#define COUNT_TRAILING_ZEROS(bits) __builtin_ctz(bits)
#define PREFETCH(address) __builtin_prefetch(address)
typedef float lanes_t __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t lanes_int_t __attribute__((vector_size(4 * LANES)));
typedef float four_t __attribute__((vector_size(16), aligned(4)));
typedef int32_t mask_t __attribute__((vector_size(16)));
#else
static int COUNT_TRAILING_ZEROS(unsigned bits)
{
    int i = 0;
    while (!(bits >> i & 1))
        i++;
    return i;
}
#define PREFETCH(address) ((void)0)
#endif

/* A middle posting in 4 bytes: of the floats whose 12 low bits are the local row, the one
   nearest to the weight. Its relative error is at most 2^-12. */
static inline uint32_t pack(float weight, uint32_t row)
{
    uint32_t bits;
    memcpy(&bits, &weight, sizeof bits);
    return bits < 0x1000 ? row : ((bits - row + 0x800) & ~(uint32_t)0xFFF) | row;
}
static inline float packed_weight(uint32_t posting)
{
    float weight;
    memcpy(&weight, &posting, sizeof weight);
    return weight;
}

/* Multiply the head of one candidate by the heads of all seeds in a batch.
   table: (head terms, LANES), the seeds' weights. Writes sums: (LANES,). O(count). */
static inline void head_product(
    const uint16_t *terms, const float *weights, int64_t count, const float *table, float *sums)
{
    int64_t p = 0;
#if defined(__GNUC__)
    lanes_t even = {0}, odd = {0};
    for (; p + 1 < count; p += 2) {
        even += weights[p] * *(const lanes_t *)(table + (size_t)terms[p] * LANES);
        odd += weights[p + 1] * *(const lanes_t *)(table + (size_t)terms[p + 1] * LANES);
    }
    if (p < count)
        even += weights[p] * *(const lanes_t *)(table + (size_t)terms[p] * LANES);
    *(lanes_t *)sums = even + odd;
#else
    memset(sums, 0, LANES * sizeof(float));
    for (; p < count; p++)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += weights[p] * table[(size_t)terms[p] * LANES + lane];
#endif
}

/* Write the transpose of square, (LANES, LANES), into turned. */
static inline void transpose(const float *square, float *turned)
{
#if defined(__GNUC__) && !defined(__clang__)
    const mask_t low = {0, 4, 1, 5}, high = {2, 6, 3, 7};
    const mask_t first = {0, 1, 4, 5}, second = {2, 3, 6, 7};
    for (int i = 0; i < LANES; i += 4)
        for (int j = 0; j < LANES; j += 4) {
            const float *from = square + i * LANES + j;
            float *to = turned + j * LANES + i;
            four_t a = *(const four_t *)from, b = *(const four_t *)(from + LANES);
            four_t c = *(const four_t *)(from + 2 * LANES);
            four_t d = *(const four_t *)(from + 3 * LANES);
            four_t ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
            four_t AB = __builtin_shuffle(a, b, high), CD = __builtin_shuffle(c, d, high);
            *(four_t *)to = __builtin_shuffle(ab, cd, first);
            *(four_t *)(to + LANES) = __builtin_shuffle(ab, cd, second);
            *(four_t *)(to + 2 * LANES) = __builtin_shuffle(AB, CD, first);
            *(four_t *)(to + 3 * LANES) = __builtin_shuffle(AB, CD, second);
        }
#else
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < LANES; j++)
            turned[j * LANES + i] = square[i * LANES + j];
#endif
}

/* Score a group of LANES candidates against a batch of LANES seeds.
   hopeful: (LANES,), bit l of hopeful[c] is set if the seed in lane l and candidate c may beat
   a threshold; a candidate without any bit is not scored. starts, terms, weights: heads of the
   candidates. tail: tail scores, those of lane l from l * stride. lane_thresholds (of the
   lanes), thresholds (of the candidates): a score must beat one of the two.
   Writes totals: (LANES lanes, LANES candidates). Clears the bits of pairs that beat neither. */
DISPATCHED static void score_group(
    uint16_t *hopeful, const int64_t *starts, const uint16_t *terms, const float *weights,
    const float *table, const float *tail, int stride, const float *lane_thresholds,
    const float *thresholds, float *totals)
{
    float square[LANES * LANES], turned[LANES * LANES];
    memset(square, 0, sizeof square);
    for (int c = 0; c < LANES; c++)
        if (hopeful[c])
            head_product(terms + starts[c], weights + starts[c], starts[c + 1] - starts[c],
                         table, square + c * LANES);
    transpose(square, turned);
#if defined(__GNUC__)
    lanes_int_t winners = {0};
    for (int lane = 0; lane < LANES; lane++) {
        lanes_t total = *(const lanes_t *)(tail + (size_t)lane * stride)
                        + *(const lanes_t *)(turned + lane * LANES);
        *(lanes_t *)(totals + lane * LANES) = total;
        /* A threshold is beaten if threshold - total has its sign bit set. (GCC 12 turns
           64-byte comparisons into scalar code.) */
        lanes_int_t beaten = (lanes_int_t)(lane_thresholds[lane] - total)
                             | (lanes_int_t)(*(const lanes_t *)thresholds - total);
        winners |= beaten >> 31 & (1 << lane);
    }
#else
    int32_t winners[LANES] = {0};
    for (int lane = 0; lane < LANES; lane++)
        for (int c = 0; c < LANES; c++) {
            float total = tail[(size_t)lane * stride + c] + turned[lane * LANES + c];
            totals[lane * LANES + c] = total;
            if (total > lane_thresholds[lane] || total > thresholds[c])
                winners[c] |= 1 << lane;
        }
#endif
    for (int c = 0; c < LANES; c++)
        hopeful[c] &= (uint16_t)winners[c];
}

/* Set `bit` in hopeful[c] if tail[c] + norm * norms[c], an upper bound of the score, beats the
   smaller of the two thresholds. O(count), without branches. */
DISPATCHED static void mark_hopeful(
    uint16_t *hopeful, uint16_t bit, const float *tail, float norm, const float *norms,
    float threshold, const float *thresholds, int count)
{
    for (int c = 0; c < count; c++) {
        float least = thresholds[c] < threshold ? thresholds[c] : threshold;
        hopeful[c] |= tail[c] + norm * norms[c] > least ? bit : 0;
    }
}

#endif

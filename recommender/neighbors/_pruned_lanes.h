/* The loops of `_pruned.h` over lanes, for one instruction set: `_pruned.h` includes this file once
   for each, with FLOATS in a vector, TARGET (the attribute of the set) and FUNCTION (the names). */

#define VECTORS (LANES / FLOATS)
#if defined(__GNUC__)
#define vector_t FUNCTION(vector)
#define integers_t FUNCTION(integers)
typedef float vector_t __attribute__((vector_size(4 * FLOATS), aligned(4)));
typedef int32_t integers_t __attribute__((vector_size(4 * FLOATS)));
#endif

/* Multiply the head of one candidate by the heads of all seeds in a batch.
   table: (head terms, LANES), the seeds' weights. Writes sums: (LANES,). O(count). */
TARGET static inline void FUNCTION(head_product)(
    const uint16_t *terms, const float *weights, int64_t count, const float *table, float *sums)
{
    int64_t p = 0;
#if defined(__GNUC__)
    vector_t even[VECTORS] = {{0}}, odd[VECTORS] = {{0}};
    for (; p + 1 < count; p += 2) {
        const vector_t *first = (const vector_t *)(table + (size_t)terms[p] * LANES);
        const vector_t *second = (const vector_t *)(table + (size_t)terms[p + 1] * LANES);
        for (int v = 0; v < VECTORS; v++) {
            even[v] += weights[p] * first[v];
            odd[v] += weights[p + 1] * second[v];
        }
    }
    if (p < count) {
        const vector_t *last = (const vector_t *)(table + (size_t)terms[p] * LANES);
        for (int v = 0; v < VECTORS; v++)
            even[v] += weights[p] * last[v];
    }
    for (int v = 0; v < VECTORS; v++)
        ((vector_t *)sums)[v] = even[v] + odd[v];
#else
    memset(sums, 0, LANES * sizeof(float));
    for (; p < count; p++)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += weights[p] * table[(size_t)terms[p] * LANES + lane];
#endif
}

/* Score a group of LANES candidates against a batch of LANES seeds.
   hopeful: (LANES,), bit l of hopeful[c] is set if the seed in lane l and candidate c may beat
   a threshold; a candidate without any bit is not scored. starts, terms, weights: heads of the
   candidates. tail: tail scores, those of lane l from l * stride. lane_thresholds (of the
   lanes), thresholds (of the candidates): a score must beat one of the two.
   Writes totals: (LANES lanes, LANES candidates). Clears the bits of pairs that beat neither. */
TARGET static void FUNCTION(score_group)(
    uint16_t *hopeful, const int64_t *starts, const uint16_t *terms, const float *weights,
    const float *table, const float *tail, int stride, const float *lane_thresholds,
    const float *thresholds, float *totals)
{
    float square[LANES * LANES], turned[LANES * LANES];
    int32_t winners[LANES];
    for (int c = 0; c < LANES; c++)
        if (hopeful[c])
            FUNCTION(head_product)(terms + starts[c], weights + starts[c],
                                   starts[c + 1] - starts[c], table, square + c * LANES);
        else
            memset(square + c * LANES, 0, LANES * sizeof(float));
    transpose(square, turned);
#if defined(__GNUC__)
    for (int v = 0; v < VECTORS; v++) {
        const vector_t limit = ((const vector_t *)thresholds)[v];
        integers_t here = {0};
        for (int lane = 0; lane < LANES; lane++) {
            vector_t total = ((const vector_t *)(tail + (size_t)lane * stride))[v]
                             + ((const vector_t *)(turned + lane * LANES))[v];
            ((vector_t *)(totals + lane * LANES))[v] = total;
            /* A threshold is beaten if threshold - total has its sign bit set. (GCC 12 turns
               64-byte comparisons into scalar code.) */
            integers_t beaten = (integers_t)(lane_thresholds[lane] - total)
                                | (integers_t)(limit - total);
            here |= beaten >> 31 & (1 << lane);
        }
        memcpy(winners + v * FLOATS, &here, sizeof here);
    }
#else
    memset(winners, 0, sizeof winners);
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
TARGET static void FUNCTION(mark_hopeful)(
    uint16_t *hopeful, uint16_t bit, const float *tail, float norm, const float *norms,
    float threshold, const float *thresholds, int count)
{
    for (int c = 0; c < count; c++) {
        float least = thresholds[c] < threshold ? thresholds[c] : threshold;
        hopeful[c] |= tail[c] + norm * norms[c] > least ? bit : 0;
    }
}

#undef VECTORS
#undef vector_t
#undef integers_t
#undef FLOATS
#undef FUNCTION
#undef TARGET

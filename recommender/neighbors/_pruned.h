/* The inner loops of the compiled search, in C so that the compiler turns them into SIMD.
   Each writes only into its arguments and allocates nothing. */

#ifndef RECOMMENDER_PRUNED_H
#define RECOMMENDER_PRUNED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 16  /* seeds in a batch, and candidates in a group */

#if defined(__GNUC__)
#define COUNT_TRAILING_ZEROS(bits) __builtin_ctz(bits)
#define PREFETCH(address) __builtin_prefetch(address)
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

/* The loops over lanes, compiled for several instruction sets, each with vectors as wide as its
   registers: GCC keeps a wider vector in memory, one word after the other. The best set is picked
   at each call, by a branch. Under AddressSanitizer, the loops for all processors are tested. */
#define FLOATS 4
#define FUNCTION(name) name##_4
#define TARGET
#include "_pruned_lanes.h"

#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define FLOATS 8
#define FUNCTION(name) name##_8
#define TARGET __attribute__((target("arch=x86-64-v3")))
#include "_pruned_lanes.h"
#define FLOATS 16
#define FUNCTION(name) name##_16
#define TARGET __attribute__((target("arch=x86-64-v4")))
#include "_pruned_lanes.h"
#define BEST(name) \
    (__builtin_cpu_supports("x86-64-v4") ? name##_16 \
     : __builtin_cpu_supports("x86-64-v3") ? name##_8 : name##_4)
#else
#define BEST(name) name##_4
#endif

#define score_group BEST(score_group)
#define mark_hopeful BEST(mark_hopeful)

#endif

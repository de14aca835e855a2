// SPDX-License-Identifier: BSD-3-Clause
// Log-linear histogram (HDR): 128 linear steps per power of two, so that a value read back is at most 0.8 %
// below the one recorded. Pure.
#ifndef GODWIT_CLIENT_BENCH_HISTOGRAM_H
#define GODWIT_CLIENT_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS  7
#define HISTOGRAM_VALUE_BITS 42 // larger values count as the largest: 4398 s in nanoseconds
#define HISTOGRAM_BUCKETS    ((HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

struct histogram {
    uint64_t count, sum, max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
    if (value >> HISTOGRAM_VALUE_BITS)
        value = (1ull << HISTOGRAM_VALUE_BITS) - 1;
    if (value < (1u << HISTOGRAM_STEP_BITS))
        return (uint32_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
    return (uint32_t)(((uint64_t)shift << HISTOGRAM_STEP_BITS) + (value >> shift));
}

static inline void histogram_record(struct histogram *h, uint64_t value)
{
    h->buckets[histogram_bucket(value)]++;
    h->count++;
    h->sum += value;
    if (value > h->max)
        h->max = value;
}

// No samples. A zeroed histogram has none either.
void histogram_clear(struct histogram *h);
// Adds the samples of other.
void histogram_add(struct histogram *h, const struct histogram *other);
// Smallest recorded value (to the precision above) that at least share (0..1) of the samples do not exceed;
// share 1 gives the exact maximum. 0 when empty.
uint64_t histogram_quantile(const struct histogram *h, double share);
double histogram_mean(const struct histogram *h);

#endif

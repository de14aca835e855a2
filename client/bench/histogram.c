// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/histogram.h"

#include <math.h>
#include <string.h>

// Middle of the bucket, so that the error goes both ways.
static uint64_t value_of(uint32_t bucket)
{
    if (bucket < (2u << HISTOGRAM_STEP_BITS))
        return bucket;
    unsigned shift = (bucket >> HISTOGRAM_STEP_BITS) - 1;
    uint64_t low = (uint64_t)(bucket - (shift << HISTOGRAM_STEP_BITS)) << shift;
    return low + (1ull << shift) / 2;
}

void histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
}

void histogram_add(struct histogram *h, const struct histogram *other)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->buckets[i] += other->buckets[i];
    h->count += other->count;
    h->sum += other->sum;
    if (other->max > h->max)
        h->max = other->max;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t rank = (uint64_t)ceil(share * (double)h->count), seen = 0;

    if (rank == 0)
        rank = 1;
    if (rank >= h->count)
        return h->max;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= rank)
            return value_of(i) < h->max ? value_of(i) : h->max;
    }
    return h->max;
}

double histogram_mean(const struct histogram *h)
{
    return h->count ? (double)h->sum / (double)h->count : 0;
}

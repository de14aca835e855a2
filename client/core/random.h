// SPDX-License-Identifier: BSD-3-Clause
// SplitMix64: one addition and a mixing of the sum per number. State is one word that the owner passes in, so
// that a run can be repeated from its seed. Not for secrets.
#ifndef GODWIT_CLIENT_CORE_RANDOM_H
#define GODWIT_CLIENT_CORE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

// Uniform in [0, bound); 0 when bound is 0. The bias is below bound / 2^64.
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

// Uniform in [0, 1), 53 random bits.
static inline double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1.0p-53;
}

#endif

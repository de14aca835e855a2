// SPDX-License-Identifier: BSD-3-Clause
// Which key comes next: uniform, zipf, or zipf over the age of keys ("latest"). Pure.
#ifndef GODWIT_CLIENT_BENCH_DISTRIBUTION_H
#define GODWIT_CLIENT_BENCH_DISTRIBUTION_H

#include <stdint.h>

enum distribution_kind { DISTRIBUTION_UNIFORM, DISTRIBUTION_ZIPF, DISTRIBUTION_LATEST };

struct distribution {
    enum distribution_kind kind;
    double theta;
    uint64_t keys;
    // Constants of the rejection-inversion sampler.
    double h_first, h_last, accept;
};

// keys >= 1; theta: exponent, 0 < theta (1 is allowed), used by ZIPF and LATEST.
void distribution_init(struct distribution *d, enum distribution_kind kind, double theta, uint64_t keys);

// A key in [0, keys). ZIPF: rank r (from 1) has probability proportional to r^-theta exactly
// (rejection-inversion after Hoermann and Derflinger, no table), and ranks are spread over the keys by a
// fixed permutation. LATEST: rank 1 is newest, the last key present; present is how many there are now, >=
// keys.
uint64_t distribution_next(const struct distribution *d, uint64_t *random, uint64_t present);

// Sampler of ranks 1..keys (for tests).
uint64_t distribution_rank(const struct distribution *d, uint64_t *random);

#endif

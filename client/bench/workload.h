// SPDX-License-Identifier: BSD-3-Clause
// The sequence of requests of a run. Pure: the same seed gives the same sequence.
#ifndef GODWIT_CLIENT_BENCH_WORKLOAD_H
#define GODWIT_CLIENT_BENCH_WORKLOAD_H

#include "client/bench/options.h"

struct workload {
    const struct bench_options *options;
    struct distribution distribution;
    uint64_t random;
    uint64_t present; // records stored so far: grows by inserts
};

struct workload_step {
    enum mix_kind kind;
    uint32_t record;
    unsigned scan_keys; // MIX_SCAN: at most this many
};

// Starts the sequence at options->seed; options stays the caller's and must outlive w.
void workload_init(struct workload *w, const struct bench_options *options);
// The next request: a record below `present`, or for an insert the first one beyond, which then counts as
// present.
void workload_next(struct workload *w, struct workload_step *step);
// Gap to the next scheduled request of an open loop, nanoseconds: exponential with mean 1/rate.
uint64_t workload_gap_ns(struct workload *w, double rate);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// What a run measured, and how it is shown.
#ifndef GODWIT_CLIENT_BENCH_RESULT_H
#define GODWIT_CLIENT_BENCH_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/bench/histogram.h"
#include "client/bench/options.h"
#include "client/godwit.h"

struct result {
    const char *transport;              // "kernel UDP", "memif" ...
    double seconds;                     // measured
    uint64_t requests;                  // answered in that time
    uint64_t status[GODWIT_STATUS_MAX]; // of requests, or of their first operation
    uint64_t mismatches;                // --verify: values that were not the record's content
    uint64_t verified;                  // values compared
    uint64_t retransmissions;           // datagrams sent again
    uint64_t lost;                      // short DPDK path: requests without an answer
    uint64_t unsent;                    // open loop: scheduled, but not sent within twice the duration
    uint64_t behind;          // open loop: requests that were sent later than scheduled by over 1 ms
    struct histogram latency; // nanoseconds
};

// Counts one answered request and how long it took.
void result_record(struct result *r, enum godwit_status status, uint64_t latency_ns);
// Prints the summary, or the JSON, as the options say. 0, or 1 when the run counts as failed: a mismatch,
// nothing answered, or the JSON file cannot be written.
int result_report(const struct result *r, const struct bench_options *o);

#endif

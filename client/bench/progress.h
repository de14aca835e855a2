// SPDX-License-Identifier: BSD-3-Clause
// A line a second on standard error while something runs.
#ifndef GODWIT_CLIENT_BENCH_PROGRESS_H
#define GODWIT_CLIENT_BENCH_PROGRESS_H

#include <stdint.h>

#include "client/bench/histogram.h"

struct progress {
    const char *what;
    uint64_t next_ns, last_ns, last_done;
    struct histogram since; // latencies since the last line
};

uint64_t progress_clock_ns(void); // monotonic
void progress_start(struct progress *p, const char *what);
// Prints a line when a second has passed. done: requests so far; total: of how many, 0 when not known.
void progress_show(struct progress *p, uint64_t now_ns, uint64_t done, uint64_t total);

#endif

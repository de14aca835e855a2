// SPDX-License-Identifier: BSD-3-Clause
// Wall clock of the workers without a syscall: the housekeeping thread pairs the time stamp counter with the
// real-time clock and publishes the line through them; workers extrapolate.
#ifndef GODWIT_DATAPLANE_CLOCK_H
#define GODWIT_DATAPLANE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock_line {
    uint64_t tsc;      // anchor
    uint64_t ns;       // wall clock at the anchor, since 1970
    uint32_t mult_q24; // ns per cycle in units of 2^-24
};

// Single writer, any number of readers, guarded by a sequence number.
struct clock_page {
    uint32_t sequence; // odd while being written
    struct clock_line line;
} __attribute__((aligned(64)));

// Publishes the first line; tsc_hz: cycles a second.
void clock_start(struct clock_page *page, uint64_t tsc_hz);
// Re-anchors to the real-time clock; called about once a second by the housekeeping thread.
void clock_correct(struct clock_page *page);
// Copies the line. False, and *line as it was, when it is being written just now: the old one is good enough.
bool clock_read(const struct clock_page *page, struct clock_line *line);

// Wall clock in ns at time stamp tsc (within minutes of the anchor, before or after it).
static inline uint64_t clock_ns(const struct clock_line *line, uint64_t tsc)
{
    int64_t cycles = (int64_t)(tsc - line->tsc);
    return line->ns + (uint64_t)(int64_t)(((__int128)cycles * line->mult_q24) >> 24);
}

#endif

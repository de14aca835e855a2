// SPDX-License-Identifier: BSD-3-Clause
// How quiet is this core? Spins on the time-stamp counter for some milliseconds and prints, as one JSON line,
// loop iterations per second and the share of time lost in gaps: somebody else had the core, or its clock
// slowed. Run it pinned, before and after a benchmark: scripts/bench prints both beside the figures.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#define GAP_US 5 // shorter gaps are the machine's own (interrupts, SMI of the usual kind)

struct spin {
    uint64_t iterations;
    uint64_t gaps;
    uint64_t lost; // ticks in gaps
    uint64_t longest;
    uint64_t ticks; // all ticks
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double ticks_per_us(void)
{
    uint64_t ns = now_ns(), ticks = __rdtsc();
    while (now_ns() - ns < 10000000)
        ;
    return (double)(__rdtsc() - ticks) * 1000.0 / (double)(now_ns() - ns);
}

static struct spin spin_for(uint64_t ticks, uint64_t gap)
{
    struct spin s = {0};
    uint64_t start = __rdtsc(), last = start, now = start;
    while (now - start < ticks) {
        now = __rdtsc();
        uint64_t passed = now - last;
        last = now;
        s.iterations++;
        if (passed <= gap)
            continue;
        s.gaps++;
        s.lost += passed;
        if (passed > s.longest)
            s.longest = passed;
    }
    s.ticks = now - start;
    return s;
}

int main(int argc, char **argv)
{
    unsigned ms = argc > 1 ? (unsigned)atoi(argv[1]) : 500;
    if (ms < 10 || ms > 60000) {
        fprintf(stderr, "usage: %s [milliseconds, 10 to 60000]\n", argv[0]);
        return 2;
    }
    double us = ticks_per_us();
    struct spin s = spin_for((uint64_t)(us * 1000.0 * ms), (uint64_t)(us * GAP_US));
    double seconds = (double)s.ticks / us / 1e6;
    printf("{\"milliseconds\":%u,\"iterations_per_second\":%.0f,\"gaps\":%" PRIu64
           ",\"lost_share\":%.6f,\"longest_gap_us\":%.1f}\n",
           ms, (double)s.iterations / seconds, s.gaps, (double)s.lost / (double)s.ticks,
           (double)s.longest / us);
    return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/clock.h"

#include <stdatomic.h>
#include <time.h>
#include <x86intrin.h>

static uint64_t real_time_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

// Both clocks at the same moment: of several tries, the one in which reading took least.
static void read_pair(uint64_t *tsc, uint64_t *ns)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 5; i++) {
        uint64_t before = __rdtsc(), wall = real_time_ns(), after = __rdtsc();
        if (after - before < best) {
            best = after - before;
            *tsc = before + (after - before) / 2;
            *ns = wall;
        }
    }
}

static void publish(struct clock_page *page, const struct clock_line *line)
{
    uint32_t s = page->sequence;
    __atomic_store_n(&page->sequence, s + 1, __ATOMIC_RELAXED);
    atomic_thread_fence(memory_order_release);
    page->line = *line;
    __atomic_store_n(&page->sequence, s + 2, __ATOMIC_RELEASE);
}

void clock_start(struct clock_page *page, uint64_t tsc_hz)
{
    struct clock_line line = {.mult_q24 = (uint32_t)((1000000000ull << 24) / tsc_hz)};
    read_pair(&line.tsc, &line.ns);
    publish(page, &line);
}

void clock_correct(struct clock_page *page)
{
    struct clock_line line = page->line;
    read_pair(&line.tsc, &line.ns);
    publish(page, &line);
}

bool clock_read(const struct clock_page *page, struct clock_line *line)
{
    uint32_t before = __atomic_load_n(&page->sequence, __ATOMIC_ACQUIRE);
    struct clock_line copy = page->line;

    atomic_thread_fence(memory_order_acquire);
    if (before & 1 || __atomic_load_n(&page->sequence, __ATOMIC_RELAXED) != before)
        return false;
    *line = copy;
    return true;
}

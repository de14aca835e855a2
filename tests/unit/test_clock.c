// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/clock.h"
#include "tests/unit/cunit_main.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <x86intrin.h>

static void line_goes_through_its_anchor_both_ways(void)
{
    // 2.5 GHz: 0.4 ns a cycle
    struct clock_line line = {
        .tsc = 1000000, .ns = 5000000, .mult_q24 = (uint32_t)((1000000000ull << 24) / 2500000000ull)};

    CU_ASSERT_EQUAL(clock_ns(&line, 1000000), 5000000);
    CU_ASSERT_DOUBLE_EQUAL((double)clock_ns(&line, 1000000 + 2500), 5001000.0, 1.0);
    CU_ASSERT_DOUBLE_EQUAL((double)clock_ns(&line, 1000000 - 2500), 4999000.0, 1.0);
    // a minute away the error stays below 10 ppm
    CU_ASSERT_DOUBLE_EQUAL((double)(clock_ns(&line, 1000000 + 150000000000ull) - 5000000), 60e9, 600000.0);
}

static uint64_t real_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

// Rate of the time stamp counter, measured over 50 ms.
static uint64_t measure_hz(void)
{
    uint64_t ns = real_ns(), tsc = __rdtsc();
    while (real_ns() - ns < 50000000)
        ;
    return (uint64_t)((double)(__rdtsc() - tsc) * 1e9 / (double)(real_ns() - ns));
}

static void published_line_tells_the_wall_clock(void)
{
    static struct clock_page page;
    clock_start(&page, measure_hz());
    clock_correct(&page);
    struct clock_line line;
    CU_ASSERT_TRUE(clock_read(&page, &line));
    uint64_t real = real_ns(), ours = clock_ns(&line, __rdtsc());
    CU_ASSERT_TRUE(ours >= real - 5000000 && ours <= real + 5000000);
}

static struct clock_page shared;
static bool done;

static void *write_pairs(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++)
        clock_correct(&shared);
    __atomic_store_n(&done, true, __ATOMIC_RELEASE);
    return NULL;
}

// A reader never sees half of one line and half of another: time read through it does not jump.
static void readers_see_whole_lines(void)
{
    pthread_t writer;
    unsigned jumps = 0, whole = 0;

    clock_start(&shared, measure_hz());
    CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_pairs, NULL), 0);
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        struct clock_line line;
        if (!clock_read(&shared, &line))
            continue;
        whole++;
        uint64_t real = real_ns(), ours = clock_ns(&line, __rdtsc());
        jumps += ours + 1000000000 < real || ours > real + 1000000000;
    }
    pthread_join(writer, NULL);
    CU_ASSERT_EQUAL(jumps, 0);
    CU_ASSERT_TRUE(whole > 0);
}

static const struct unit_test tests[] = {
    {"line goes through its anchor both ways", line_goes_through_its_anchor_both_ways},
    {"published line tells the wall clock", published_line_tells_the_wall_clock},
    {"readers see whole lines", readers_see_whole_lines},
};
UNIT_MAIN("clock", tests)

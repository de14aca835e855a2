// SPDX-License-Identifier: BSD-3-Clause
// Budgets and the pick rules on a virtual time stamp counter of 1 GHz.
#include "dataplane/tenant/scheduler.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>

#define HZ          1000000000ull
#define MICROSECOND (HZ / 1000000)

static struct scheduler s;

static void start(unsigned tenants, const uint32_t *weights)
{
    scheduler_init(&s, HZ, 0);
    for (unsigned t = 0; t < tenants; t++)
        scheduler_add(&s, t, weights ? weights[t] : 1, 256, 0);
}

static void staging_is_bounded_and_ordered(void)
{
    static struct staging ring;
    uintptr_t out[8];

    staging_init(&ring, 5);
    for (uintptr_t i = 1; i <= 5; i++)
        CU_ASSERT_TRUE(staging_put(&ring, i));
    CU_ASSERT_FALSE(staging_put(&ring, 6));
    CU_ASSERT_EQUAL(staging_take(&ring, out, 3), 3);
    CU_ASSERT_TRUE(staging_put(&ring, 7));
    CU_ASSERT_EQUAL(staging_take(&ring, out, 8), 3);
    CU_ASSERT_EQUAL(out[0], 4);
    CU_ASSERT_EQUAL(out[1], 5);
    CU_ASSERT_EQUAL(out[2], 7);
    CU_ASSERT_EQUAL(staging_backlog(&ring), 0);
}

// Against a double-precision reference: never above cap, never below -cap, refill within one cycle per call
// of the exact rate.
static void budget_keeps_its_bounds(void)
{
    srand(11);
    for (int run = 0; run < 200; run++) {
        struct budget b;
        uint32_t weight = 1 + (uint32_t)rand() % 100;
        uint64_t active = weight + (uint64_t)rand() % 1000, now = (uint64_t)rand();
        budget_init(&b, weight, now);
        budget_set_share(&b, active, HZ);
        double rate = 15.0 / 16 * weight / (double)active, gained = 0;
        CU_ASSERT_TRUE(b.cap >= (int64_t)(rate * 100000) - 1 && b.cap <= (int64_t)(rate * 100000) + 1);
        for (int step = 0; step < 500; step++) {
            uint64_t elapsed = (uint64_t)rand() % 20000, vtime = b.vtime;
            int64_t before = b.balance;
            now += elapsed;
            budget_refill(&b, now);
            gained = rate * (double)elapsed;
            CU_ASSERT_TRUE((double)(b.balance - before) <= gained + 1);
            CU_ASSERT_TRUE(b.balance == b.cap || (double)(b.balance - before) >= gained - 2);
            uint64_t cycles = (uint64_t)rand() % 50000;
            budget_charge(&b, cycles);
            CU_ASSERT_TRUE(b.balance >= -b.cap && b.balance <= b.cap);
            CU_ASSERT_EQUAL(b.vtime - vtime, cycles * (65536 / weight));
        }
    }
}

static void time_jump_fills_to_the_cap_only(void)
{
    struct budget b;
    budget_init(&b, 1, 0);
    budget_set_share(&b, 1, HZ);
    budget_refill(&b, 1ull << 60);
    CU_ASSERT_EQUAL(b.balance, b.cap);
}

// Serves whoever is picked for cost[t] cycles while all stay backlogged; returns each one's share of the
// time.
static void contend(unsigned n, const uint64_t *cost, uint64_t duration, double *share)
{
    uint64_t now = HZ, used[SCHEDULER_TENANTS] = {0}, end = now + duration;
    uintptr_t entry;

    while (now < end) {
        for (uint32_t t = 0; t < n; t++)
            if (staging_backlog(&s.staging[t]) == 0)
                scheduler_stage(&s, t, 1, now);
        uint32_t t = scheduler_pick(&s, now);
        CU_ASSERT_NOT_EQUAL_FATAL(t, SCHEDULER_NOBODY);
        CU_ASSERT_EQUAL(scheduler_take(&s, t, &entry, 1, now), 1);
        now += cost[t];
        used[t] += cost[t];
        scheduler_charge(&s, t, cost[t]);
    }
    for (unsigned t = 0; t < n; t++)
        share[t] = (double)used[t] / (double)duration;
}

static void time_is_shared_by_weight_not_by_count(void)
{
    static const uint32_t weights[] = {3, 1};
    static const uint64_t cost[] = {600, 20000}; // small requests against large ones
    double share[2];

    start(2, weights);
    contend(2, cost, HZ / 20, share);
    CU_ASSERT_DOUBLE_EQUAL(share[0], 0.75, 0.03);
    CU_ASSERT_DOUBLE_EQUAL(share[1], 0.25, 0.03);
}

static void sixteen_equal_tenants_get_equal_time(void)
{
    uint64_t cost[16];
    double share[16];

    start(16, NULL);
    for (unsigned t = 0; t < 16; t++)
        cost[t] = 300 + 400 * t;
    contend(16, cost, HZ / 5, share);
    for (unsigned t = 0; t < 16; t++)
        CU_ASSERT_DOUBLE_EQUAL(share[t], 1.0 / 16, 0.01);
}

static void lone_tenant_gets_everything_even_when_broke(void)
{
    static const uint64_t cost[] = {2000};
    double share[1];

    start(4, NULL);
    contend(1, cost, HZ / 100, share);
    CU_ASSERT_DOUBLE_EQUAL(share[0], 1.0, 0.001);
}

static void newcomer_waits_for_no_more_than_a_turn_of_each(void)
{
    static const uint64_t cost[] = {2000, 2000, 2000};
    double share[3];
    uintptr_t entry;

    start(4, NULL);
    contend(3, cost, HZ / 50, share);
    uint64_t now = 2 * HZ;
    scheduler_stage(&s, 3, 9, now);
    unsigned turns = 0;
    for (uint32_t t; (t = scheduler_pick(&s, now)) != 3 && turns < 10; turns++) {
        scheduler_stage(&s, t, 1, now);
        scheduler_take(&s, t, &entry, 1, now);
        scheduler_charge(&s, t, 2000);
        now += 2000;
    }
    CU_ASSERT_TRUE(turns <= 3);
}

static void idling_earns_no_virtual_time(void)
{
    static const uint64_t cost[] = {2000, 2000};
    double share[2];

    start(2, NULL);
    contend(1, cost, HZ / 50, share);
    scheduler_stage(&s, 0, 1, 2 * HZ);
    scheduler_stage(&s, 1, 1, 2 * HZ);
    CU_ASSERT_EQUAL(s.budgets[1].vtime, s.budgets[0].vtime);
}

// Random arrivals and costs: somebody is picked whenever work waits, and nobody with work waits longer than
// the bound of starvation freedom (every other tenant's debt of one cap, plus one step each).
static void never_idles_and_never_starves(void)
{
    srand(23);
    for (int run = 0; run < 30; run++) {
        unsigned n = 2 + (unsigned)rand() % 5;
        uint64_t now = HZ, waiting_since[8] = {0};
        start(n, NULL);
        for (int step = 0; step < 4000; step++) {
            for (uint32_t t = 0; t < n; t++)
                if (rand() % 3 == 0 && staging_backlog(&s.staging[t]) < 4) {
                    if (staging_backlog(&s.staging[t]) == 0)
                        waiting_since[t] = now;
                    scheduler_stage(&s, t, 1, now);
                }
            uint32_t t = scheduler_pick(&s, now);
            CU_ASSERT_EQUAL(t == SCHEDULER_NOBODY, s.backlogged == 0);
            if (t == SCHEDULER_NOBODY) {
                now += 1000;
                continue;
            }
            uintptr_t entry;
            scheduler_take(&s, t, &entry, 1, now);
            uint64_t cost = 100 + (uint64_t)rand() % 5000;
            now += cost;
            scheduler_charge(&s, t, cost);
            waiting_since[t] = now;
            for (uint32_t u = 0; u < n; u++)
                if (staging_backlog(&s.staging[u]))
                    CU_ASSERT_TRUE(now - waiting_since[u] <= n * (100 * MICROSECOND + 5100));
        }
    }
}

static void receive_is_held_only_for_a_lone_backlog(void)
{
    start(2, NULL);
    for (int i = 0; i < 200; i++)
        scheduler_stage(&s, 0, 1, HZ);
    scheduler_pick(&s, HZ);
    CU_ASSERT_TRUE(scheduler_hold_receive(&s));
    scheduler_stage(&s, 1, 1, HZ);
    scheduler_pick(&s, HZ);
    CU_ASSERT_FALSE(scheduler_hold_receive(&s));
}

static const struct unit_test tests[] = {
    {"staging is bounded and ordered", staging_is_bounded_and_ordered},
    {"budget keeps its bounds", budget_keeps_its_bounds},
    {"time jump fills to the cap only", time_jump_fills_to_the_cap_only},
    {"time is shared by weight, not by count", time_is_shared_by_weight_not_by_count},
    {"sixteen equal tenants get equal time", sixteen_equal_tenants_get_equal_time},
    {"lone tenant gets everything even when broke", lone_tenant_gets_everything_even_when_broke},
    {"newcomer waits for no more than a turn of each", newcomer_waits_for_no_more_than_a_turn_of_each},
    {"idling earns no virtual time", idling_earns_no_virtual_time},
    {"never idles and never starves", never_idles_and_never_starves},
    {"receive is held only for a lone backlog", receive_is_held_only_for_a_lone_backlog},
};
UNIT_MAIN("scheduler", tests)

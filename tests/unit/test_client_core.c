// SPDX-License-Identifier: BSD-3-Clause
// The client engine and its parts on virtual time.
#include <stdlib.h>
#include <string.h>

#include "client/core/engine.h"
#include "client/core/random.h"
#include "control/cluster/slot.h"
#include "tests/unit/cunit_main.h"

#define SECOND 1000000u

static struct engine *engine;

static void make(unsigned sessions, uint32_t retry_permille)
{
    struct engine_config config = {
        .sessions = sessions, .datagram_max = 256, .retry_permille = retry_permille, .seed = 5};
    engine = engine_init(malloc(engine_size(&config)), &config);
}

static enum godwit_status submit(uint64_t now, uint8_t opcode, uint64_t deadline)
{
    struct native_op_view op = {.opcode = opcode,
                                .flags = opcode == NATIVE_OP_INCR ? NATIVE_O_ARG : 0,
                                .key = (const uint8_t *)"key",
                                .key_len = 3,
                                .arg = opcode == NATIVE_OP_INCR};
    return engine_submit(engine, now, &op, 1, deadline, NULL);
}

// Sends what is to be sent; the last one is decoded. Returns how many.
static unsigned transmit(uint64_t now, struct native_request *last)
{
    static uint8_t buffer[256];
    struct engine_datagram d;
    enum native_status status;
    unsigned n = 0;

    while (engine_transmit(engine, now, buffer, &d)) {
        CU_ASSERT_EQUAL(native_decode_request(d.data, d.length, last, &status), NATIVE_ACCEPT);
        CU_ASSERT_EQUAL(d.port, 20480 + slot_of_key("key", 3) % 128);
        n++;
    }
    return n;
}

static bool answer(uint64_t now, const struct native_request *to, uint16_t status, uint32_t epoch,
                   uint16_t flags, uint32_t retry_after, struct engine_completion *done)
{
    uint8_t data[128];
    struct native_reply reply = {.status = status,
                                 .flags = flags,
                                 .session = to->session,
                                 .request_id = to->request_id,
                                 .epoch = epoch,
                                 .retry_after_us = retry_after};
    return engine_receive(engine, now, data, native_encode_reply(data, sizeof(data), &reply), done);
}

// Lets time pass until until, sending; returns the number of datagrams. *ended: a request ended, in *done.
static unsigned pass(uint64_t until, struct native_request *last, struct engine_completion *done, bool *ended)
{
    unsigned n = 0;
    uint64_t next;
    bool one;

    *ended = false;
    while ((next = engine_next_event(engine)) <= until) {
        while (engine_expire(engine, next, done, &one) && !one)
            ;
        *ended |= one;
        n += transmit(next, last);
        if (one)
            break;
    }
    return n;
}

static void heap_returns_timers_in_order(void)
{
    enum { N = 200 };
    struct timer_heap_node nodes[N];
    uint32_t positions[N];
    uint64_t when[N], random = 11;
    struct timer_heap h;

    timer_heap_init(&h, nodes, positions, N);
    memset(when, 0, sizeof(when));
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)random_below(&random, N);
        when[i] = random_below(&random, 3) ? 1 + random_below(&random, 1000) : 0;
        if (when[i])
            timer_heap_set(&h, i, when[i]);
        else
            timer_heap_clear(&h, i);
        uint64_t least = UINT64_MAX;
        for (unsigned k = 0; k < N; k++)
            if (when[k] && when[k] < least)
                least = when[k];
        const struct timer_heap_node *first = timer_heap_first(&h);
        if ((first ? first->when : UINT64_MAX) != least) {
            CU_FAIL("not the earliest (random seed 11)");
            return;
        }
    }
    CU_PASS("20000 steps");
}

static void jitter_is_full_and_capped(void)
{
    uint64_t random = 3;

    for (unsigned attempt = 0; attempt < 40; attempt++) {
        uint64_t range = attempt < 8 ? (uint64_t)BACKOFF_BASE << attempt : BACKOFF_CAP, sum = 0;
        uint32_t least = UINT32_MAX, most = 0;
        for (unsigned i = 0; i < 1000; i++) {
            uint32_t j = backoff_jitter(&random, attempt);
            least = j < least ? j : least;
            most = j > most ? j : most;
            sum += j;
        }
        range = range > BACKOFF_CAP ? BACKOFF_CAP : range;
        CU_ASSERT(most <= range && most > range * 9 / 10 && least < range / 10);
        CU_ASSERT(sum / 1000 > range * 4 / 10 && sum / 1000 < range * 6 / 10);
    }
}

static void budget_limits_retries_to_its_share(void)
{
    struct retry_budget b;
    unsigned taken = 0;

    retry_budget_init(&b, 100, 20);
    for (unsigned i = 0; i < 1000; i++) {
        retry_budget_earn(&b);
        taken += retry_budget_take(&b, 0);
    }
    CU_ASSERT(taken >= 100 && taken <= 120);
}

// Windows full of lost requests earn nothing: time alone must let them be sent again.
static void empty_budget_lets_a_trickle_through(void)
{
    struct retry_budget b;
    unsigned taken = 0;

    retry_budget_init(&b, 100, 20);
    while (retry_budget_take(&b, 1))
        ;
    for (uint64_t now = 1; now <= 10000000; now += 1000)
        taken += retry_budget_take(&b, now);
    CU_ASSERT(taken >= 10 * BACKOFF_RETRIES_A_SECOND - 1 && taken <= 10 * BACKOFF_RETRIES_A_SECOND + 1);
}

static void timeout_follows_round_trips(void)
{
    struct round_trip rt = {0};

    CU_ASSERT_EQUAL(round_trip_timeout(&rt), BACKOFF_TIMEOUT_FIRST);
    for (unsigned i = 0; i < 100; i++)
        round_trip_sample(&rt, 40000);
    CU_ASSERT(round_trip_timeout(&rt) >= 40000 && round_trip_timeout(&rt) < 60000);
    for (unsigned i = 0; i < 100; i++)
        round_trip_sample(&rt, 10);
    CU_ASSERT_EQUAL(round_trip_timeout(&rt), BACKOFF_TIMEOUT_MIN);
}

static void first_write_learns_the_epoch(void)
{
    struct native_request sent;
    struct engine_completion done;

    make(1, 100);
    CU_ASSERT_EQUAL(submit(0, NATIVE_OP_INCR, SECOND), GODWIT_OK);
    CU_ASSERT_EQUAL(transmit(0, &sent), 1);
    CU_ASSERT_EQUAL(sent.epoch, 0);
    CU_ASSERT_FALSE(answer(10, &sent, NATIVE_STALE_EPOCH, 77, 0, 0, &done));
    CU_ASSERT_EQUAL(transmit(10, &sent), 1);
    CU_ASSERT_EQUAL(sent.epoch, 77);
    CU_ASSERT_EQUAL(sent.flags & NATIVE_F_RETRANSMIT, 0);
    CU_ASSERT_EQUAL(sent.deadline_us, SECOND - 10);
    CU_ASSERT(answer(20, &sent, NATIVE_OK, 77, 0, 0, &done));
    CU_ASSERT_EQUAL(done.status, GODWIT_OK);
    CU_ASSERT_EQUAL(engine_next_event(engine), ENGINE_NEVER);
    free(engine);
}

static void restart_between_two_copies_is_unknown(void)
{
    struct native_request sent;
    struct engine_completion done;
    bool ended;

    make(1, 1000);
    engine->epoch = 5;
    submit(0, NATIVE_OP_INCR, SECOND);
    transmit(0, &sent);
    CU_ASSERT_EQUAL(sent.epoch, 5);
    CU_ASSERT(pass(SECOND / 4, &sent, &done, &ended) >= 1);
    CU_ASSERT(sent.flags & NATIVE_F_RETRANSMIT);
    CU_ASSERT_EQUAL(sent.epoch, 5);
    CU_ASSERT(answer(SECOND / 4, &sent, NATIVE_STALE_EPOCH, 6, 0, 0, &done));
    CU_ASSERT_EQUAL(done.status, GODWIT_UNKNOWN);
    free(engine);
}

static void silence_ends_at_the_deadline(void)
{
    struct native_request sent;
    struct engine_completion done;
    bool ended;

    make(1, 1000);
    engine->epoch = 5;
    for (unsigned write = 0; write < 2; write++) {
        uint64_t start = write * 10u * SECOND;
        submit(start, write ? NATIVE_OP_INCR : NATIVE_OP_GET, start + SECOND);
        transmit(start, &sent);
        CU_ASSERT(pass(start + 2 * SECOND, &sent, &done, &ended) >= 2);
        CU_ASSERT(ended);
        CU_ASSERT_EQUAL(done.elapsed, SECOND);
        CU_ASSERT_EQUAL(done.status, write ? GODWIT_UNKNOWN : GODWIT_TIMEOUT);
    }
    free(engine);
}

static void no_write_is_repeated_after_its_lifetime(void)
{
    struct native_request sent;
    struct engine_completion done;
    bool ended;

    make(1, 1000);
    engine->epoch = 5;
    submit(0, NATIVE_OP_INCR, 40ull * SECOND);
    transmit(0, &sent);
    CU_ASSERT(pass(ENGINE_WRITE_LIFETIME_US, &sent, &done, &ended) > 5);
    CU_ASSERT_EQUAL(pass(39ull * SECOND, &sent, &done, &ended), 0);
    CU_ASSERT_FALSE(ended);
    pass(41ull * SECOND, &sent, &done, &ended);
    CU_ASSERT(ended);
    CU_ASSERT_EQUAL(done.status, GODWIT_UNKNOWN);
    free(engine);
}

static void windows_are_bounded(void)
{
    struct native_request sent;
    struct engine_completion done;

    make(2, 100);
    for (unsigned i = 0; i < 2 * ENGINE_WINDOW; i++)
        CU_ASSERT_EQUAL(submit(0, NATIVE_OP_GET, SECOND), GODWIT_OK);
    CU_ASSERT_EQUAL(submit(0, NATIVE_OP_GET, SECOND), GODWIT_BUSY);
    CU_ASSERT_EQUAL(transmit(0, &sent), 2 * ENGINE_WINDOW);
    CU_ASSERT_EQUAL(sent.request_id, ENGINE_WINDOW);
    // An answer in the middle makes no room: the window counts from the lowest id without one.
    CU_ASSERT(answer(1, &sent, NATIVE_OK, 1, 0, 0, &done));
    CU_ASSERT_EQUAL(submit(1, NATIVE_OP_GET, SECOND), GODWIT_BUSY);
    sent.request_id = 1;
    CU_ASSERT(answer(2, &sent, NATIVE_OK, 1, 0, 0, &done));
    CU_ASSERT_EQUAL(submit(2, NATIVE_OP_GET, SECOND), GODWIT_OK);
    CU_ASSERT_EQUAL(transmit(2, &sent), 1);
    CU_ASSERT_EQUAL(sent.first_unacked, 2);
    free(engine);
}

static void slow_down_is_obeyed(void)
{
    struct native_request sent;
    struct engine_completion done;

    make(1, 100);
    submit(0, NATIVE_OP_GET, SECOND);
    transmit(0, &sent);
    CU_ASSERT(answer(100, &sent, NATIVE_OK, 1, NATIVE_R_SLOW_DOWN, 5000, &done));
    for (unsigned i = 0; i < ENGINE_WINDOW; i++)
        submit(100, NATIVE_OP_GET, SECOND);
    CU_ASSERT_EQUAL(transmit(100, &sent), 0);
    CU_ASSERT_EQUAL(engine_next_event(engine), 5100);
    CU_ASSERT_EQUAL(transmit(5100, &sent), ENGINE_WINDOW / 2);
    free(engine);
}

static void refusals_are_retried_when_asked(void)
{
    struct native_request sent;
    struct engine_completion done;
    bool ended;

    make(1, 1000);
    engine->epoch = 5;
    submit(0, NATIVE_OP_INCR, SECOND);
    transmit(0, &sent);
    CU_ASSERT_FALSE(answer(10, &sent, NATIVE_OVERLOADED, 5, 0, 200000, &done));
    CU_ASSERT_EQUAL(pass(200009, &sent, &done, &ended), 0);
    CU_ASSERT_EQUAL(pass(203000, &sent, &done, &ended), 1);
    CU_ASSERT(answer(203000, &sent, NATIVE_TOOBIG, 5, 0, 0, &done));
    CU_ASSERT_EQUAL(done.status, GODWIT_TOOBIG);
    free(engine);
}

static void noise_is_counted_and_ignored(void)
{
    struct native_request sent;
    struct engine_completion done;
    uint8_t data[300];
    uint64_t random = 17;

    make(1, 100);
    submit(0, NATIVE_OP_GET, SECOND);
    transmit(0, &sent);
    for (unsigned i = 0; i < 20000; i++) {
        for (unsigned k = 0; k < sizeof(data); k++)
            data[k] = (uint8_t)random_next(&random);
        data[0] = 1;
        data[1] = 2;
        CU_ASSERT_FALSE(engine_receive(engine, 1, data, (uint32_t)random_below(&random, 301), &done));
    }
    CU_ASSERT_EQUAL(engine->stats.stray, 20000);
    CU_ASSERT(answer(2, &sent, NATIVE_OK, 1, 0, 0, &done));
    free(engine);
}

static const struct unit_test tests[] = {
    {"heap returns timers in order", heap_returns_timers_in_order},
    {"jitter is full and capped", jitter_is_full_and_capped},
    {"budget limits retries to its share", budget_limits_retries_to_its_share},
    {"empty budget lets a trickle through", empty_budget_lets_a_trickle_through},
    {"timeout follows round trips", timeout_follows_round_trips},
    {"first write learns the epoch", first_write_learns_the_epoch},
    {"restart between two copies is unknown", restart_between_two_copies_is_unknown},
    {"silence ends at the deadline", silence_ends_at_the_deadline},
    {"no write is repeated after its lifetime", no_write_is_repeated_after_its_lifetime},
    {"windows are bounded", windows_are_bounded},
    {"slow down is obeyed", slow_down_is_obeyed},
    {"refusals are retried when asked", refusals_are_retried_when_asked},
    {"noise is counted and ignored", noise_is_counted_and_ignored},
};
UNIT_MAIN("client core", tests)

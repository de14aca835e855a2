// SPDX-License-Identifier: BSD-3-Clause
// At most once: the rules one by one, then a model of clients over a network that loses, repeats and
// reorders.
#include "dataplane/serve/reply_pool.h"
#include "dataplane/serve/session.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

static uint8_t secret[SESSION_SECRET_LEN];
static struct session_table *table;
static struct session_ticket ticket;
static const void *answer;
static uint32_t answer_len;

static void start(uint32_t sessions)
{
    for (unsigned i = 0; i < sizeof(secret); i++)
        secret[i] = (uint8_t)(i * 37 + 11);
    table = session_table_create(sessions, secret);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
}

static void stop(void)
{
    session_table_destroy(table);
}

static enum session_verdict begin(uint64_t session, uint32_t id, uint32_t unacked, uint64_t now_ms)
{
    session_prefetch(table, 0, session);
    return session_begin(table, 0, session, id, unacked, now_ms, &ticket, &answer, &answer_len);
}

static void execute(uint64_t session, uint32_t id, uint32_t unacked, uint64_t now_ms, uint32_t reply_len)
{
    uint8_t reply[2048];

    memset(reply, (int)id, sizeof(reply));
    CU_ASSERT_EQUAL(begin(session, id, unacked, now_ms), SESSION_EXECUTE);
    session_finish(table, &ticket, reply, reply_len);
}

static uint32_t blocks_taken(void)
{
    struct session_stats stats;
    session_stats(table, &stats);
    return stats.reply_blocks - stats.reply_blocks_free;
}

static uint32_t sessions(void)
{
    struct session_stats stats;
    session_stats(table, &stats);
    return stats.sessions;
}

static void test_duplicate_is_answered(void)
{
    static const uint32_t lengths[] = {1, 63, 64, 65, 200, 1472};
    uint8_t expected[1472];

    start(64);
    for (uint32_t i = 0; i < 6; i++) {
        execute(7, i + 1, 1, 0, lengths[i]);
        for (int copy = 0; copy < 2; copy++) {
            memset(expected, (int)(i + 1), sizeof(expected));
            CU_ASSERT_EQUAL(begin(7, i + 1, 1, 0), SESSION_DUPLICATE);
            CU_ASSERT(answer_len == lengths[i] && memcmp(answer, expected, answer_len) == 0);
        }
    }
    stop();
}

static void test_in_progress(void)
{
    start(64);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 0), SESSION_EXECUTE);
    struct session_ticket first = ticket;
    CU_ASSERT_EQUAL(begin(7, 1, 1, 0), SESSION_IN_PROGRESS);
    CU_ASSERT_EQUAL(begin(7, 2, 1, 0), SESSION_EXECUTE);
    session_finish(table, &first, "x", 1);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 0), SESSION_DUPLICATE);
    CU_ASSERT_EQUAL(begin(7, 2, 1, 0), SESSION_IN_PROGRESS);
    session_abandon(table, &ticket);
    CU_ASSERT_EQUAL(begin(7, 2, 1, 0), SESSION_EXECUTE);
    stop();
}

static void test_sessions_and_tenants_are_apart(void)
{
    start(64);
    execute(7, 1, 1, 0, 64);
    CU_ASSERT_EQUAL(begin(8, 1, 1, 0), SESSION_EXECUTE);
    CU_ASSERT_EQUAL(session_begin(table, 9, 7, 1, 1, 0, &ticket, &answer, &answer_len), SESSION_EXECUTE);
    CU_ASSERT_EQUAL(sessions(), 3);
    stop();
}

static void test_window(void)
{
    start(64);
    execute(7, 100, 0, 0, 64);
    execute(7, 37, 0, 0, 64); // the lowest of 64 that end at 100
    CU_ASSERT_EQUAL(begin(7, 36, 0, 0), SESSION_STALE);
    execute(7, 101, 0, 0, 64);
    CU_ASSERT_EQUAL(begin(7, 37, 0, 0), SESSION_STALE);
    CU_ASSERT_EQUAL(begin(7, 100, 0, 0), SESSION_DUPLICATE);
    execute(7, 5000, 0, 0, 64);
    CU_ASSERT_EQUAL(begin(7, 101, 0, 0), SESSION_STALE);
    execute(7, 4937, 0, 0, 64);
    CU_ASSERT_EQUAL(blocks_taken(), 2);
    stop();
}

static void test_acknowledged_is_forgotten(void)
{
    start(64);
    for (uint32_t id = 1; id <= 20; id++)
        execute(7, id, 1, 0, 64);
    CU_ASSERT_EQUAL(blocks_taken(), 20);
    execute(7, 21, 11, 0, 64);
    CU_ASSERT_EQUAL(blocks_taken(), 11);
    CU_ASSERT_EQUAL(begin(7, 10, 1, 0), SESSION_STALE);
    CU_ASSERT_EQUAL(begin(7, 11, 1, 0), SESSION_DUPLICATE); // an older datagram does not take it back
    CU_ASSERT_EQUAL(begin(7, 22, 23, 0), SESSION_STALE);    // acknowledged by itself: nonsense
    CU_ASSERT_EQUAL(begin(9, 22, 23, 0), SESSION_STALE);
    CU_ASSERT_EQUAL(sessions(), 1);
    stop();
}

static void test_request_ids_wrap(void)
{
    start(64);
    uint32_t id = UINT32_MAX - 200, unacked = id;

    for (unsigned i = 0; i < 400; i++) {
        if (id == 0)
            id = 1;
        execute(7, id, unacked, 0, 64);
        CU_ASSERT_EQUAL(begin(7, id, unacked, 0), SESSION_DUPLICATE);
        if (i > 40 && id != 70)
            CU_ASSERT_EQUAL(begin(7, id - 70, 0, 0), SESSION_STALE);
        CU_ASSERT(blocks_taken() <= 11);
        id++;
        unacked = id - 10 ? id - 10 : 1;
    }
    stop();
}

// Two billion ids later nothing of the old window is mistaken for the future.
static void test_floor_follows_when_the_client_tells_none(void)
{
    start(64);
    for (uint32_t step = 0; step < 10; step++)
        execute(7, 1 + step * 0x40000000u, 0, 0, 64);
    stop();
}

static void test_expiry(void)
{
    start(256);
    execute(7, 1, 1, 1000, 64);
    CU_ASSERT_EQUAL(session_tick(table, 30999, 256), 0);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 30999), SESSION_DUPLICATE); // no write: does not prolong
    CU_ASSERT_EQUAL(session_tick(table, 31000, 256), 1);
    CU_ASSERT_EQUAL(blocks_taken(), 0);
    CU_ASSERT_EQUAL(sessions(), 0);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 31000), SESSION_EXECUTE);
    CU_ASSERT_EQUAL(session_tick(table, 1000000, 256), 0); // it is being executed
    session_finish(table, &ticket, "x", 1);
    CU_ASSERT_EQUAL(session_tick(table, 1000000, 256), 1);
    stop();
}

// The clock's low 32 bits go through zero after 49 days.
static void test_expiry_when_the_clock_wraps(void)
{
    start(64);
    execute(7, 1, 1, UINT32_MAX - 5000ull, 64);
    CU_ASSERT_EQUAL(session_tick(table, UINT32_MAX + 24000ull, 64), 0);
    CU_ASSERT_EQUAL(session_tick(table, UINT32_MAX + 25000ull, 64), 1);
    stop();
}

static void test_tick_is_bounded(void)
{
    start(1024);
    for (uint64_t s = 1; s <= 1024; s++)
        execute(s, 1, 1, 0, 64);
    for (unsigned slice = 0; slice < 16; slice++)
        CU_ASSERT_EQUAL(session_tick(table, 40000, 64), 64);
    CU_ASSERT_EQUAL(sessions(), 0);
    stop();
}

static void test_full(void)
{
    start(8);
    for (uint64_t s = 1; s <= 8; s++)
        execute(s, 1, 1, s, 64);
    CU_ASSERT_EQUAL(begin(9, 1, 1, 29000), SESSION_FULL);
    for (uint64_t s = 1; s <= 8; s++)
        CU_ASSERT_EQUAL(begin(s, 1, 1, 29000), SESSION_DUPLICATE);
    execute(3, 2, 1, 29000, 64); // present sessions go on
    CU_ASSERT_EQUAL(session_tick(table, 30008, 8), 7);
    CU_ASSERT_EQUAL(begin(9, 1, 1, 30008), SESSION_EXECUTE);
    CU_ASSERT_EQUAL(begin(3, 2, 1, 30008), SESSION_DUPLICATE);
    stop();
}

static void test_overtaken_write_is_not_remembered(void)
{
    start(64);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 0), SESSION_EXECUTE);
    struct session_ticket slow = ticket;
    execute(7, 65, 2, 0, 64); // has the place of 1 in the window
    session_finish(table, &slow, "late", 4);
    CU_ASSERT_EQUAL(begin(7, 65, 2, 0), SESSION_DUPLICATE);
    CU_ASSERT(answer_len == 64 && ((const uint8_t *)answer)[0] == 65);
    CU_ASSERT_EQUAL(blocks_taken(), 1);
    session_tick(table, 40000, 64);
    execute(7, 1, 1, 40000, 64); // the same place, another life
    session_finish(table, &slow, "late", 4);
    CU_ASSERT_EQUAL(begin(7, 1, 1, 40000), SESSION_DUPLICATE);
    CU_ASSERT_EQUAL(answer_len, 64);
    stop();
}

static void test_overtaken_by_a_whole_turn(void)
{
    start(64);
    CU_ASSERT_EQUAL(begin(7, 100, 1, 0), SESSION_EXECUTE);
    struct session_ticket slow = ticket;
    execute(7, 0x7fffff00, 0, 0, 64);
    execute(7, 0xfffffe00, 0, 0, 64);
    execute(7, 120, 0, 0, 64); // 100 is in the window again
    session_finish(table, &slow, "late", 4);
    CU_ASSERT_EQUAL(blocks_taken(), 1);
    CU_ASSERT_EQUAL(begin(7, 100, 0, 0), SESSION_EXECUTE);
    stop();
}

static void test_answer_gone(void)
{
    start(16); // 64 blocks
    execute(1, 1, 1, 0, 1473);
    CU_ASSERT_EQUAL(begin(1, 1, 1, 0), SESSION_DUPLICATE_GONE);
    execute(1, 2, 1, 0, 1472); // 23 blocks
    CU_ASSERT_EQUAL(begin(1, 2, 1, 0), SESSION_DUPLICATE);
    execute(1, 3, 1, 0, 1472); // over half of the pool
    CU_ASSERT_EQUAL(begin(1, 3, 1, 0), SESSION_DUPLICATE_GONE);
    for (uint32_t id = 4; id < 4 + 41; id++) {
        execute(1, id, 1, 0, 64);
        CU_ASSERT_EQUAL(begin(1, id, 1, 0), SESSION_DUPLICATE);
    }
    execute(1, 45, 1, 0, 64); // the pool is empty
    CU_ASSERT_EQUAL(begin(1, 45, 1, 0), SESSION_DUPLICATE_GONE);
    execute(1, 46, 45, 0, 64);
    CU_ASSERT_EQUAL(begin(1, 46, 45, 0), SESSION_DUPLICATE);
    CU_ASSERT_EQUAL(blocks_taken(), 1);
    stop();
}

// Sessions come, go and share chains; each is found as long as it lives.
static void test_many_sessions(void)
{
    enum { PLACES = 512 };
    uint64_t born[PLACES * 4] = {0};

    start(PLACES);
    for (uint64_t round = 0; round < 4; round++) {
        for (uint64_t s = 1; s <= PLACES; s++) {
            uint64_t id = s + (round % 2) * PLACES;
            execute(id, (uint32_t)round + 1, (uint32_t)round + 1, round * 31000 + s, 64);
            born[id] = round + 1;
        }
        CU_ASSERT_EQUAL(begin(99999, 1, 1, 0), SESSION_FULL);
        for (uint64_t s = 1; s <= PLACES; s++) {
            uint64_t id = s + (round % 2) * PLACES;
            CU_ASSERT_EQUAL(begin(id, (uint32_t)born[id], 0, 0), SESSION_DUPLICATE);
        }
        CU_ASSERT_EQUAL(session_tick(table, round * 31000 + PLACES / 2 + 30000, PLACES), PLACES / 2);
        CU_ASSERT_EQUAL(session_tick(table, round * 31000 + PLACES + 30000, PLACES), PLACES / 2);
        CU_ASSERT_EQUAL(blocks_taken(), 0);
    }
    stop();
}

static void test_pool_keeps_every_length(void)
{
    struct reply_pool pool;
    uint8_t reply[REPLY_POOL_REPLY_MAX];
    uint32_t refs[64], len;

    CU_ASSERT_FATAL(reply_pool_create(&pool, 3000));
    for (unsigned i = 0; i < sizeof(reply); i++)
        reply[i] = (uint8_t)(i * 7);
    for (uint32_t length = 1; length + 64 <= sizeof(reply); length += 64) {
        for (unsigned i = 0; i < 64; i++)
            refs[i] = reply_pool_keep(&pool, reply + i, length + i);
        for (unsigned i = 0; i < 64; i++) {
            CU_ASSERT_NOT_EQUAL_FATAL(refs[i], 0);
            const void *kept = reply_pool_read(&pool, refs[i], &len);
            CU_ASSERT(len == length + i && memcmp(kept, reply + i, len) == 0);
        }
        for (unsigned i = 0; i < 64; i++)
            reply_pool_free(&pool, refs[(i * 29) % 64]);
        CU_ASSERT_EQUAL(pool.free, 3000);
    }
    CU_ASSERT_EQUAL(reply_pool_keep(&pool, reply, 0), 0);
    reply_pool_destroy(&pool);
}

// The model. Time goes by in ms. A client sends writes as docs/protocol.md asks: at most 64 from its lowest
// one without an answer, no copy later than 10 s after the first. The network keeps a datagram for at most 5
// s.
enum { CLIENTS = 12, WRITES = 600, FLYING = 2048, RUNNING = 32, STEPS = 400000 };

struct datagram {
    bool reply, gone;
    unsigned client, write;
    uint32_t id, unacked, value;
    uint64_t due;
};

struct client {
    uint32_t first_id;
    unsigned lowest, next; // writes: first without an answer, first not sent
    uint64_t pause_until;
    uint64_t first_sent[WRITES], last_sent[WRITES];
    unsigned executed[WRITES];
    uint32_t value[WRITES]; // of the execution
    bool answered[WRITES];
};

static struct model {
    uint64_t now;
    struct client clients[CLIENTS];
    struct datagram flying[FLYING];
    unsigned n_flying, n_running;
    struct {
        struct session_ticket ticket;
        struct datagram request;
    } running[RUNNING];
    uint32_t values, duplicates, in_progress, stale, gone, expired;
    const char *fault;
} m;

static void model_fault(const char *fault)
{
    if (!m.fault)
        m.fault = fault;
}

static bool chance(unsigned percent)
{
    return (unsigned)random() % 100 < percent;
}

// Ids of a client in order, 0 left out.
static uint32_t model_id(const struct client *c, unsigned write)
{
    uint32_t id = c->first_id + write;
    return id < c->first_id ? id + 1 : id;
}

static void model_put(struct datagram d)
{
    for (unsigned copies = chance(20) ? 0 : 1 + chance(30); copies; copies--)
        if (m.n_flying < FLYING) {
            d.due = m.now + (uint64_t)random() % (chance(15) ? 5000 : 30);
            m.flying[m.n_flying++] = d;
        }
}

static void model_send(unsigned k, unsigned write)
{
    struct client *c = &m.clients[k];

    c->last_sent[write] = m.now;
    model_put((struct datagram){
        .client = k, .write = write, .id = model_id(c, write), .unacked = model_id(c, c->lowest)});
}

static void model_client(unsigned k)
{
    struct client *c = &m.clients[k];

    if (m.now < c->pause_until)
        return;
    if (c->next < WRITES && model_id(c, c->next) - model_id(c, c->lowest) < SESSION_WINDOW && chance(60)) {
        c->first_sent[c->next] = m.now;
        model_send(k, c->next++);
    }
    for (unsigned w = c->lowest; w < c->next; w++)
        if (!c->answered[w] && m.now >= c->last_sent[w] + 150 && m.now < c->first_sent[w] + 10000)
            model_send(k, w);
    if (c->lowest == c->next && chance(10))
        c->pause_until = m.now + (chance(50) ? 20000 : 40000);
}

static void model_answer(const struct datagram *request, uint32_t value, bool gone)
{
    struct datagram d = *request;
    d.reply = true;
    d.value = value;
    d.gone = gone;
    model_put(d);
}

static void model_execute(const struct datagram *d, const struct session_ticket *t)
{
    struct client *c = &m.clients[d->client];

    c->value[d->write] = ++m.values;
    if (c->executed[d->write]++)
        model_fault("a write was executed twice");
    m.running[m.n_running].ticket = *t;
    m.running[m.n_running++].request = *d;
}

static void model_finish_one(void)
{
    unsigned i = (unsigned)random() % m.n_running;
    const struct datagram *d = &m.running[i].request;
    uint32_t value = m.clients[d->client].value[d->write];
    uint8_t reply[600] = {0};

    memcpy(reply, &value, sizeof(value));
    session_finish(table, &m.running[i].ticket, reply, chance(98) ? 64 : sizeof(reply));
    model_answer(d, value, false);
    m.running[i] = m.running[--m.n_running];
}

static void model_serve(const struct datagram *d)
{
    struct client *c = &m.clients[d->client];
    uint32_t value = 0;

    switch (session_begin(table, d->client % 3, 1000 + d->client, d->id, d->unacked, m.now, &ticket, &answer,
                          &answer_len)) {
    case SESSION_EXECUTE:
        model_execute(d, &ticket);
        break;
    case SESSION_DUPLICATE:
        memcpy(&value, answer, sizeof(value));
        model_answer(d, value, false);
        m.duplicates++;
        break;
    case SESSION_DUPLICATE_GONE:
        model_answer(d, 0, true);
        m.gone++;
        break;
    case SESSION_IN_PROGRESS:
        m.in_progress++;
        break;
    case SESSION_STALE:
        m.stale++;
        if (!c->answered[d->write])
            model_fault("a write whose answer is awaited is stale");
        break;
    case SESSION_FULL:
        model_fault("full");
    }
}

static void model_receive(const struct datagram *d)
{
    struct client *c = &m.clients[d->client];

    if (c->answered[d->write])
        return;
    if (c->executed[d->write] != 1)
        model_fault("an answer to what was not executed once");
    if (!d->gone && d->value != c->value[d->write])
        model_fault("an answer that is not the execution's");
    c->answered[d->write] = true;
    while (c->lowest < c->next && c->answered[c->lowest])
        c->lowest++;
}

static void model_deliver(void)
{
    unsigned i = (unsigned)random() % m.n_flying;
    struct datagram d = m.flying[i];

    if (d.due > m.now || (!d.reply && m.n_running == RUNNING))
        return;
    m.flying[i] = m.flying[--m.n_flying];
    if (d.reply)
        model_receive(&d);
    else
        model_serve(&d);
}

static bool model_done(void)
{
    for (unsigned k = 0; k < CLIENTS; k++)
        if (m.clients[k].lowest < WRITES)
            return false;
    return true;
}

static void model_step(void)
{
    m.now++;
    m.expired += session_tick(table, m.now, 64);
    for (unsigned k = 0; k < CLIENTS; k++)
        model_client(k);
    for (unsigned i = 0; i < 200 && m.n_flying; i++)
        model_deliver();
    for (unsigned i = 0; i < 6 && m.n_running; i++)
        model_finish_one();
}

static void model_run(unsigned seed)
{
    srandom(seed);
    start(128);
    memset(&m, 0, sizeof(m));
    for (unsigned k = 0; k < CLIENTS; k++)
        m.clients[k].first_id = k % 2 ? 1 : UINT32_MAX - (uint32_t)random() % WRITES;
    for (unsigned step = 0; step < STEPS && !m.fault && !model_done(); step++)
        model_step();
    if (m.fault || !model_done())
        printf("seed %u at %llu ms: %s\n", seed, (unsigned long long)m.now, m.fault ? m.fault : "not done");
    CU_ASSERT_PTR_NULL(m.fault);
    CU_ASSERT(model_done());
    stop();
}

static void test_model(void)
{
    uint32_t expired = 0;

    for (unsigned seed = 1; seed <= 10; seed++) {
        model_run(seed);
        expired += m.expired;
        CU_ASSERT(m.duplicates > 500 && m.in_progress > 10 && m.stale > 500 && m.gone > 0);
    }
    CU_ASSERT(expired > 10);
}

static const struct unit_test tests[] = {
    {"a duplicate is answered from memory", test_duplicate_is_answered},
    {"a write in progress", test_in_progress},
    {"sessions and tenants are apart", test_sessions_and_tenants_are_apart},
    {"the window", test_window},
    {"what is acknowledged is forgotten", test_acknowledged_is_forgotten},
    {"request ids wrap", test_request_ids_wrap},
    {"the floor follows when the client tells none", test_floor_follows_when_the_client_tells_none},
    {"expiry", test_expiry},
    {"expiry when the clock wraps", test_expiry_when_the_clock_wraps},
    {"a tick is bounded", test_tick_is_bounded},
    {"a full table", test_full},
    {"an overtaken write is not remembered", test_overtaken_write_is_not_remembered},
    {"a write overtaken by a whole turn of the ids", test_overtaken_by_a_whole_turn},
    {"answers that cannot be kept", test_answer_gone},
    {"many sessions", test_many_sessions},
    {"the pool keeps every length", test_pool_keeps_every_length},
    {"a lossy network executes every write once", test_model},
};

UNIT_MAIN("session", tests)

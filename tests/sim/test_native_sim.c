// SPDX-License-Identifier: BSD-3-Clause
// Exactly once: real client engines and the real codec and session table, with a bad network and a restarting
// server between them, in virtual time. Every increment has a counter of its own besides a shared one, so
// what a client was told can be compared with what happened.
//
// test_native_sim [--seed N] [--seeds N]: one seed, or the seeds 1..N (default 200).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/engine.h"
#include "client/core/random.h"
#include "tests/sim/model_server.h"
#include "tests/sim/network.h"

#define CLIENTS     3u
#define REQUESTS    300u // of each client
#define SERVER      CLIENTS
#define DOWN_US     100000u // longer than a datagram lives in the network
#define SHED_US     20000u
#define LIMIT_US    600000000u
#define ANSWER_NONE UINT32_MAX

struct sim_client {
    struct engine *engine;
    unsigned submitted, completed;
    uint64_t next_submit;
    uint32_t outcome[REQUESTS]; // enum godwit_status; ANSWER_NONE: outstanding
    bool read[REQUESTS];
};

struct totals {
    uint64_t acknowledged, unknown, refused, restarts, retransmissions, duplicates;
};

struct sim {
    uint64_t seed, random, now;
    struct network network;
    struct model_server *server;
    struct sim_client clients[CLIENTS];
    uint64_t next_restart, up_at; // server down until up_at
    uint64_t shed_from, shed_until;
    uint32_t deadline_us, gap_us;
    bool failed;
    struct totals *totals;
};

static void fail(struct sim *s, const char *what, unsigned client, unsigned request)
{
    fprintf(stderr, "seed %" PRIu64 ": client %u, request %u at %" PRIu64 " us: %s\n", s->seed, client,
            request, s->now, what);
    s->failed = true;
}

static unsigned key_of(char *key, unsigned client, unsigned request)
{
    return (unsigned)sprintf(key, "{n}%u/%u", client, request);
}

static void transmit(struct sim *s, unsigned client)
{
    uint8_t buffer[NETWORK_DATAGRAM_MAX];
    struct engine_datagram d;

    while (engine_transmit(s->clients[client].engine, s->now, buffer, &d))
        network_send(&s->network, s->now, client, SERVER, d.data, d.length);
}

static void check_answer(struct sim *s, unsigned client, unsigned request, const struct native_reply *reply)
{
    struct native_result_view result;
    uint32_t at = 0;

    if (!native_next_result(reply, &at, &result))
        fail(s, "an answer without a result", client, request);
    else if (!s->clients[client].read[request] && (result.status != NATIVE_RES_OK || result.number != 1))
        fail(s, "acknowledged, but its own counter is not 1", client, request);
}

static void complete(struct sim *s, unsigned client, const struct engine_completion *done)
{
    unsigned request = (unsigned)(uintptr_t)done->context;
    struct sim_client *c = &s->clients[client];

    if (request >= REQUESTS || c->outcome[request] != ANSWER_NONE) {
        fail(s, "completed twice", client, request);
        return;
    }
    c->outcome[request] = done->status;
    c->completed++;
    if (done->status == GODWIT_OK)
        check_answer(s, client, request, &done->reply);
}

static void submit(struct sim *s, unsigned client)
{
    struct sim_client *c = &s->clients[client];
    unsigned request = c->submitted;
    char key[32];
    uint16_t key_len = (uint16_t)key_of(key, client, request);
    bool read = random_below(&s->random, 5) == 0;
    struct native_op_view ops[2] = {
        {.opcode = read ? NATIVE_OP_GET : NATIVE_OP_INCR,
         .flags = read ? 0 : NATIVE_O_ARG,
         .key = (const uint8_t *)key,
         .key_len = key_len,
         .arg = read ? 0 : 1},
        {.opcode = NATIVE_OP_INCR,
         .flags = NATIVE_O_ARG,
         .key = (const uint8_t *)"{n}",
         .key_len = 3,
         .arg = 1},
    };

    c->next_submit = s->now + random_below(&s->random, s->gap_us);
    enum godwit_status status = engine_submit(c->engine, s->now, ops, read ? 1 : 2, s->now + s->deadline_us,
                                              (void *)(uintptr_t)request);
    if (status == GODWIT_BUSY)
        return;
    if (status != GODWIT_OK)
        fail(s, "not taken", client, request);
    c->read[request] = read;
    c->outcome[request] = ANSWER_NONE;
    c->submitted++;
}

static void expire(struct sim *s, unsigned client)
{
    struct engine_completion done;
    bool completed;

    while (engine_expire(s->clients[client].engine, s->now, &done, &completed))
        if (completed)
            complete(s, client, &done);
}

static void serve(struct sim *s, const struct network_datagram *d)
{
    uint8_t reply[MODEL_REPLY_MAX];
    uint32_t length;

    if (s->now < s->up_at)
        return;
    if (s->now >= s->shed_from && s->now < s->shed_until)
        length = model_server_shed(s->server, d->data, d->length, reply);
    else
        length = model_server_handle(s->server, s->now / 1000, d->data, d->length, reply);
    if (length)
        network_send(&s->network, s->now, SERVER, d->from, reply, length);
}

static void arrive(struct sim *s)
{
    struct network_datagram *d = network_take(&s->network);
    struct engine_completion done;

    if (d->to == SERVER)
        serve(s, d);
    else if (engine_receive(s->clients[d->to].engine, s->now, d->data, d->length, &done))
        complete(s, d->to, &done);
    free(d);
}

static void disturb_server(struct sim *s)
{
    if (s->now >= s->next_restart) {
        if (!model_server_restart(s->server, s->server->epoch + 1 + (uint32_t)random_below(&s->random, 1000)))
            fail(s, "out of memory", 0, 0);
        s->up_at = s->now + DOWN_US;
        s->next_restart = s->now + 200000 + random_below(&s->random, 3000000);
        s->totals->restarts++;
    }
    if (s->now >= s->shed_until) {
        s->shed_from = s->now + 1 + random_below(&s->random, 1000000);
        s->shed_until = s->shed_from + random_below(&s->random, SHED_US);
    }
}

static uint64_t next_event(const struct sim *s)
{
    uint64_t next = network_next(&s->network);

    for (unsigned k = 0; k < CLIENTS; k++) {
        const struct sim_client *c = &s->clients[k];
        uint64_t timer = engine_next_event(c->engine);
        if (timer < next)
            next = timer;
        if (c->submitted < REQUESTS && c->next_submit < next)
            next = c->next_submit;
    }
    return next;
}

static void step(struct sim *s)
{
    if (network_next(&s->network) <= s->now)
        arrive(s);
    for (unsigned k = 0; k < CLIENTS; k++) {
        struct sim_client *c = &s->clients[k];
        expire(s, k);
        if (c->submitted < REQUESTS && c->next_submit <= s->now)
            submit(s, k);
        transmit(s, k);
    }
    disturb_server(s);
}

// What the client was told against what the server did.
static void check_outcome(struct sim *s, unsigned client, unsigned request)
{
    char key[32];
    unsigned key_len = key_of(key, client, request);
    int64_t executed = model_server_number(s->server, key, key_len);

    switch (s->clients[client].outcome[request]) {
    case GODWIT_OK:
    case GODWIT_ANSWER_LOST:
        s->totals->acknowledged++;
        if (executed != 1)
            fail(s, "acknowledged, but not executed exactly once", client, request);
        return;
    case GODWIT_UNKNOWN:
        s->totals->unknown++;
        if (executed > 1)
            fail(s, "unknown, but executed more than once", client, request);
        return;
    case GODWIT_TIMEOUT:
    case GODWIT_OVERLOADED:
        s->totals->refused++;
        if (executed != 0)
            fail(s, "reported as not executed, but it was", client, request);
        return;
    default:
        fail(s, "an outcome that cannot be", client, request);
    }
}

static void check_all(struct sim *s)
{
    int64_t sum = 0;

    for (unsigned k = 0; k < CLIENTS; k++)
        for (unsigned i = 0; i < REQUESTS; i++) {
            char key[32];
            unsigned key_len = key_of(key, k, i);
            if (s->clients[k].read[i])
                continue;
            check_outcome(s, k, i);
            sum += model_server_number(s->server, key, key_len);
        }
    if (model_server_number(s->server, "{n}", 3) != sum)
        fail(s, "the shared counter is not the sum of all others", 0, 0);
}

static void begin(struct sim *s)
{
    struct network_faults faults = {
        .drop_permille = (unsigned)random_below(&s->random, 300),
        .duplicate_permille = (unsigned)random_below(&s->random, 100),
        .delay_min_us = 50,
        .delay_max_us = 100 + (uint32_t)random_below(&s->random, 30000),
    };

    network_init(&s->network, &faults, random_next(&s->random));
    s->deadline_us = 50000 + (uint32_t)random_below(&s->random, 3000000);
    s->gap_us = 200 + (uint32_t)random_below(&s->random, 20000);
    s->next_restart = random_below(&s->random, 2000000);
    for (unsigned k = 0; k < CLIENTS; k++) {
        struct engine_config config = {.sessions = 1 + k % 2,
                                       .datagram_max = 512,
                                       .retry_permille = 100 + (uint32_t)random_below(&s->random, 900),
                                       .seed = random_next(&s->random)};
        s->clients[k].engine = engine_init(malloc(engine_size(&config)), &config);
    }
}

static bool run(uint64_t seed, struct totals *totals)
{
    static struct sim sim;
    struct sim *s = &sim;
    bool idle = false;

    *s = (struct sim){.seed = seed, .random = seed, .totals = totals};
    s->server = calloc(1, sizeof(*s->server));
    if (!s->server || !model_server_init(s->server, 1 + (uint32_t)(seed % 1000)))
        return false;
    begin(s);
    while (!idle && !s->failed) {
        uint64_t next = next_event(s);
        idle = next == ENGINE_NEVER;
        s->now = !idle && next > s->now ? next : s->now;
        if (s->now > LIMIT_US)
            fail(s, "does not end", 0, 0);
        step(s);
    }
    if (!s->failed)
        check_all(s);
    for (unsigned k = 0; k < CLIENTS; k++) {
        if (!s->failed && s->clients[k].completed != REQUESTS)
            fail(s, "requests without an outcome", k, s->clients[k].completed);
        totals->retransmissions += s->clients[k].engine->stats.retransmissions;
        free(s->clients[k].engine);
    }
    totals->duplicates += s->server->duplicates;
    network_end(&s->network);
    model_server_end(s->server);
    free(s->server);
    return !s->failed;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, last = 200;
    struct totals t = {0};
    bool good = true;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            first = last = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0)
            last = strtoull(argv[i + 1], NULL, 10);
    }
    for (uint64_t seed = first; seed <= last; seed++)
        good = run(seed, &t) && good;
    printf("seeds %" PRIu64 "..%" PRIu64 ": %" PRIu64 " increments acknowledged, %" PRIu64
           " unknown, %" PRIu64 " refused; %" PRIu64 " retransmissions, %" PRIu64
           " answered from memory, %" PRIu64 " restarts\n",
           first, last, t.acknowledged, t.unknown, t.refused, t.retransmissions, t.duplicates, t.restarts);
    // A simulation in which nothing goes wrong proves nothing.
    bool eventful =
        last - first < 50 || (t.unknown && t.duplicates && t.restarts && t.acknowledged > t.unknown);
    if (!eventful)
        fprintf(stderr, "the faults did not happen\n");
    return good && eventful ? 0 : 1;
}

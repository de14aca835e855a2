// SPDX-License-Identifier: BSD-3-Clause
#include "client/core/engine.h"

#include <string.h>

#include "client/core/random.h"
#include "control/cluster/slot.h"

#define RETRY_BURST 20u // retries allowed before any request earned one
#define ALIGN       64u
#define ID_LAST     0xfffffff0u

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

size_t engine_size(const struct engine_config *config)
{
    size_t n = (size_t)config->sessions * ENGINE_WINDOW;

    return aligned(sizeof(struct engine)) + aligned(n * sizeof(struct engine_request)) +
           aligned(n * sizeof(struct timer_heap_node)) + aligned(n * sizeof(uint32_t)) +
           n * config->datagram_max;
}

static void *carve(uint8_t **at, size_t n)
{
    void *p = *at;
    *at += aligned(n);
    return p;
}

// The low bits of a session id are its number, so that an answer finds it without a search.
static void begin_session(struct engine *e, unsigned k)
{
    uint64_t high = random_next(&e->random) & ~(uint64_t)(2 * ENGINE_SESSIONS_MAX - 1);

    e->sessions[k].id = high | ENGINE_SESSIONS_MAX | k; // never 0
    e->sessions[k].next_id = 1;
    e->sessions[k].first_unacked = 1;
}

struct engine *engine_init(void *memory, const struct engine_config *config)
{
    uint32_t n = config->sessions * ENGINE_WINDOW;
    uint8_t *at = memory;
    struct engine *e = carve(&at, sizeof(*e));

    memset(e, 0, sizeof(*e));
    e->config = *config;
    e->requests = carve(&at, n * sizeof(*e->requests));
    memset(e->requests, 0, n * sizeof(*e->requests));
    struct timer_heap_node *nodes = carve(&at, n * sizeof(*nodes));
    uint32_t *positions = carve(&at, n * sizeof(*positions));
    timer_heap_init(&e->timers, nodes, positions, n);
    e->datagrams = at;
    retry_budget_init(&e->budget, config->retry_permille, RETRY_BURST);
    e->random = config->seed;
    e->queue_head = e->queue_tail = ENGINE_NONE;
    e->limit = n;
    for (unsigned k = 0; k < config->sessions; k++)
        begin_session(e, k);
    return e;
}

struct engine_request *engine_at(struct engine *e, uint32_t index)
{
    return &e->requests[index];
}

static void enqueue(struct engine *e, uint32_t index)
{
    e->requests[index].state = ENGINE_QUEUED;
    e->requests[index].next = ENGINE_NONE;
    if (e->queue_tail == ENGINE_NONE)
        e->queue_head = index;
    else
        e->requests[e->queue_tail].next = index;
    e->queue_tail = index;
}

void engine_requeue(struct engine *e, uint32_t index)
{
    e->requests[index].state = ENGINE_QUEUED;
    e->requests[index].next = e->queue_head;
    e->queue_head = index;
    if (e->queue_tail == ENGINE_NONE)
        e->queue_tail = index;
}

// A request that ends by its deadline while queued leaves the middle of the queue; rare, so a walk will do.
static void dequeue(struct engine *e, uint32_t index)
{
    uint32_t previous = ENGINE_NONE, at = e->queue_head;

    while (at != index) {
        previous = at;
        at = e->requests[at].next;
    }
    uint32_t next = e->requests[index].next;
    if (previous == ENGINE_NONE)
        e->queue_head = next;
    else
        e->requests[previous].next = next;
    if (e->queue_tail == index)
        e->queue_tail = previous;
}

// A session with room in its window; sessions take turns. NULL: all are full.
static struct engine_session *choose_session(struct engine *e)
{
    for (unsigned i = 0; i < e->config.sessions; i++) {
        unsigned k = (e->next_session + i) % e->config.sessions;
        struct engine_session *s = &e->sessions[k];
        // A session ends before its ids would wrap.
        if (s->next_id >= ID_LAST && s->next_id == s->first_unacked)
            begin_session(e, k);
        if (s->next_id < ID_LAST && s->next_id - s->first_unacked < ENGINE_WINDOW) {
            e->next_session = k + 1;
            return s;
        }
    }
    return NULL;
}

static uint32_t index_of(const struct engine *e, const struct engine_session *s, uint32_t id)
{
    return (uint32_t)(s - e->sessions) * ENGINE_WINDOW + id % ENGINE_WINDOW;
}

static uint32_t header_length(const struct engine *e)
{
    return NATIVE_HEADER_LEN + (e->config.has_credential ? NATIVE_CREDENTIAL_LEN : 0);
}

static bool valid_op(const struct native_op_view *op)
{
    if (op->opcode == 0 || op->opcode >= NATIVE_OP_MAX)
        return false;
    if (op->opcode == NATIVE_OP_SCAN)
        return op->key_len == 8;
    return op->opcode == NATIVE_OP_PING ? op->key_len == 0 : op->key_len > 0;
}

// Writes the operations behind the header's place. GODWIT_OK, GODWIT_INVALID or GODWIT_TOOBIG.
static enum godwit_status encode_ops(const struct engine *e, uint8_t *datagram,
                                     const struct native_op_view *ops, unsigned count, uint32_t *length)
{
    uint32_t at = header_length(e);

    for (unsigned i = 0; i < count; i++) {
        if (!valid_op(&ops[i]))
            return GODWIT_INVALID;
        uint32_t n = native_encode_op(datagram + at, e->config.datagram_max - at, &ops[i]);
        if (n == 0)
            return GODWIT_TOOBIG;
        at += n;
    }
    *length = at;
    return GODWIT_OK;
}

static bool has_key(const struct native_op_view *op)
{
    return op->opcode != NATIVE_OP_SCAN && op->opcode != NATIVE_OP_PING;
}

static uint16_t slot_of_op(const struct native_op_view *op)
{
    return has_key(op) ? slot_of_key(op->key, op->key_len) : NATIVE_SLOT_NONE;
}

static bool any_write(const struct native_op_view *ops, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (native_op_writes(ops[i].opcode))
            return true;
    return false;
}

enum godwit_status engine_submit(struct engine *e, uint64_t now, const struct native_op_view *ops,
                                 unsigned count, uint64_t deadline, void *context)
{
    uint32_t length;

    if (count == 0 || count > NATIVE_OPS_MAX)
        return GODWIT_INVALID;
    // The first key's owner remembers what was executed: writes need one.
    if (any_write(ops, count) && !has_key(&ops[0]))
        return GODWIT_INVALID;
    struct engine_session *s = choose_session(e);
    if (!s)
        return GODWIT_BUSY;
    uint32_t index = index_of(e, s, s->next_id);
    enum godwit_status status =
        encode_ops(e, e->datagrams + (size_t)index * e->config.datagram_max, ops, count, &length);
    if (status != GODWIT_OK)
        return status;

    struct engine_request *r = &e->requests[index];
    *r = (struct engine_request){
        .write = any_write(ops, count),
        .op_count = (uint8_t)count,
        .slot = slot_of_op(ops),
        .id = s->next_id,
        .length = length,
        .submitted = now,
        .deadline = deadline,
        .context = context,
    };
    s->next_id++;
    e->outstanding++;
    e->stats.requests++;
    retry_budget_earn(&e->budget);
    enqueue(e, index);
    timer_heap_set(&e->timers, index, deadline);
    return GODWIT_OK;
}

static void advance_window(struct engine *e, struct engine_session *s)
{
    while (s->first_unacked != s->next_id &&
           e->requests[index_of(e, s, s->first_unacked)].state == ENGINE_FREE)
        s->first_unacked++;
}

void engine_finish(struct engine *e, uint32_t index, uint64_t now, enum godwit_status status,
                   struct engine_completion *out)
{
    struct engine_request *r = &e->requests[index];

    if (r->state == ENGINE_QUEUED)
        dequeue(e, index);
    if (r->sent > 0)
        e->in_flight--;
    e->outstanding--;
    timer_heap_clear(&e->timers, index);
    r->state = ENGINE_FREE;
    advance_window(e, &e->sessions[index / ENGINE_WINDOW]);
    if (status == GODWIT_UNKNOWN)
        e->stats.unknown++;
    out->context = r->context;
    out->status = status;
    out->transmissions = r->sent;
    out->submitted = r->submitted;
    out->elapsed = now - r->submitted;
}

uint64_t engine_next_event(const struct engine *e)
{
    const struct timer_heap_node *first = timer_heap_first(&e->timers);
    uint64_t when = first ? first->when : ENGINE_NEVER;

    // What is queued waits only for the pause or for an answer (which is an event of its own).
    if (e->queue_head != ENGINE_NONE && e->in_flight < e->limit && e->pause_until < when)
        when = e->pause_until;
    return when;
}

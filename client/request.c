// SPDX-License-Identifier: BSD-3-Clause
// Asynchronous requests: from the public form to the engine's and back.
#include <string.h>

#include "client/client.h"

_Static_assert((int)GODWIT_GET == NATIVE_OP_GET && (int)GODWIT_PING == NATIVE_OP_PING,
               "opcodes as on the wire");
_Static_assert(GODWIT_ABSOLUTE == NATIVE_O_ABSOLUTE && GODWIT_IF_ABSENT == NATIVE_O_IF_ABSENT &&
                   GODWIT_IF_EXISTS == NATIVE_O_IF_EXISTS && GODWIT_KEEP_TTL == NATIVE_O_KEEP_TTL &&
                   GODWIT_RETURN == NATIVE_O_RETURN,
               "flags as on the wire");
_Static_assert((int)GODWIT_NOT_EXECUTED == NATIVE_RES_NOT_EXECUTED, "results as on the wire");

#define USER_FLAGS (GODWIT_ABSOLUTE | GODWIT_IF_ABSENT | GODWIT_IF_EXISTS | GODWIT_KEEP_TTL | GODWIT_RETURN)

static unsigned flags_of(const struct godwit_op *op)
{
    switch (op->opcode) {
    case GODWIT_SET:
        return USER_FLAGS;
    case GODWIT_DEL:
        return GODWIT_RETURN;
    case GODWIT_CAS:
    case GODWIT_GETORCREATE:
    case GODWIT_EXPIRE:
        return GODWIT_ABSOLUTE;
    default:
        return 0;
    }
}

static bool takes_number(enum godwit_opcode opcode)
{
    return opcode == GODWIT_INCR || opcode == GODWIT_CAS || opcode == GODWIT_EXPIRE || opcode == GODWIT_SCAN;
}

static bool takes_expiry(enum godwit_opcode opcode)
{
    return opcode == GODWIT_SET || opcode == GODWIT_CAS || opcode == GODWIT_GETORCREATE;
}

static enum godwit_status convert(struct godwit *g, const struct godwit_op *op, struct native_op_view *out)
{
    if (op->opcode < GODWIT_GET || op->opcode > GODWIT_PING)
        return client_fail(g, GODWIT_INVALID, "opcode %d is none of 1..10", (int)op->opcode);
    if (op->flags & ~flags_of(op))
        return client_fail(g, GODWIT_INVALID, "%s does not take the flags 0x%x",
                           native_op_name((unsigned)op->opcode), op->flags & ~flags_of(op));
    if (op->expiry_ms && !takes_expiry(op->opcode))
        return client_fail(g, GODWIT_INVALID, "%s takes no expiry", native_op_name((unsigned)op->opcode));
    if (op->key_len > UINT16_MAX || op->value_len > NATIVE_DATAGRAM_MAX)
        return client_fail(g, GODWIT_TOOBIG,
                           "a key of %zu and a value of %zu bytes fit no datagram; use TCP 6379", op->key_len,
                           op->value_len);
    *out = (struct native_op_view){
        .opcode = (uint8_t)op->opcode,
        .flags = (uint8_t)(op->flags | (takes_number(op->opcode) ? NATIVE_O_ARG : 0) |
                           (op->expiry_ms ? NATIVE_O_EXPIRY : 0)),
        .key_len = (uint16_t)op->key_len,
        .value_len = (uint32_t)op->value_len,
        .arg = op->number,
        .expiry = op->expiry_ms,
        .key = op->key,
        .value = op->value,
    };
    return GODWIT_OK;
}

enum godwit_status godwit_submit(struct godwit *g, const struct godwit_op *ops, unsigned count,
                                 uint32_t deadline_us, godwit_callback callback, void *context)
{
    struct native_op_view views[GODWIT_OPS_MAX];
    enum godwit_status status = GODWIT_OK;

    if (count == 0 || count > GODWIT_OPS_MAX)
        return client_fail(g, GODWIT_INVALID, "%u operations, 1 to %u are possible", count, GODWIT_OPS_MAX);
    for (unsigned i = 0; i < count && status == GODWIT_OK; i++)
        status = convert(g, &ops[i], &views[i]);
    if (status != GODWIT_OK)
        return status;
    struct client_request *r = g->free_requests;
    if (!r)
        return client_fail(g, GODWIT_BUSY, "all requests are outstanding; call godwit_process first");
    uint64_t now = client_now();
    status =
        engine_submit(g->engine, now, views, count, now + (deadline_us ? deadline_us : g->deadline_us), r);
    if (status == GODWIT_TOOBIG)
        return client_fail(g, status, "the request does not fit a datagram of %u bytes; use TCP 6379",
                           g->datagram_max);
    if (status == GODWIT_BUSY)
        return client_fail(g, status, "the sessions' windows are full; call godwit_process first");
    if (status != GODWIT_OK)
        return client_fail(
            g, status,
            "key length out of range (1 to 65535, SCAN 8, PING 0), or writes behind a SCAN or PING");
    g->free_requests = r->next_free;
    r->callback = callback;
    r->context = context;
    return GODWIT_OK;
}

static unsigned decode_results(const struct native_reply *reply, struct godwit_result *results)
{
    uint32_t at = 0;
    unsigned n = 0;
    struct native_result_view view;

    while (n < reply->result_count && n < GODWIT_OPS_MAX && native_next_result(reply, &at, &view))
        results[n++] = (struct godwit_result){
            .status = (enum godwit_status)view.status,
            .value = view.value_len ? view.value : NULL,
            .value_len = view.value_len,
            .number = view.number,
        };
    return n;
}

static void complete(struct godwit *g, const struct engine_completion *done)
{
    struct client_request *r = done->context;
    struct godwit_result results[GODWIT_OPS_MAX];
    struct godwit_reply reply = {
        .status = done->status,
        .results = results,
        .transmissions = done->transmissions,
        .elapsed_us = done->elapsed,
    };

    if (done->status == GODWIT_OK)
        reply.count = decode_results(&done->reply, results);
    else if (done->status == GODWIT_REFUSED)
        client_fail(g, done->status, "the server refuses the request: %s",
                    native_status_name(done->reply.status));
    godwit_callback callback = r->callback;
    void *context = r->context;
    r->next_free = g->free_requests;
    g->free_requests = r;
    callback(context, &reply);
}

static void take(struct godwit *g, const uint8_t *data, uint32_t length)
{
    struct engine_completion done;

    if (engine_receive(g->engine, client_now(), data, length, &done))
        complete(g, &done);
}

enum godwit_status godwit_process(struct godwit *g)
{
    struct engine_completion done;
    bool completed;

    enum godwit_status status = g->transport->send(g);
    if (status == GODWIT_OK)
        status = g->transport->receive(g, take);
    uint64_t now = client_now();
    while (engine_expire(g->engine, now, &done, &completed))
        if (completed)
            complete(g, &done);
    return status == GODWIT_OK ? g->transport->send(g) : status;
}

int godwit_timeout_ms(const struct godwit *g)
{
    uint64_t when = engine_next_event(g->engine), now = client_now();

    if (when == ENGINE_NEVER)
        return -1;
    if (when <= now)
        return 0;
    uint64_t ms = (when - now + 999) / 1000;
    return ms > 3600000 ? 3600000 : (int)ms;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/journey.h"

#include <assert.h>
#include <string.h>

#include "dataplane/errand.h"

// Operations executed before the worker looks at other work again.
#define OPS_PER_STEP 16u

// The cursor of a SCAN on the wire: the store's cursor, which fits 32 bits, above a byte that names the
// worker.
static uint64_t read_cursor(const uint8_t *key)
{
    uint64_t cursor;
    memcpy(&cursor, key, sizeof(cursor));
    return cursor;
}

static void scan(struct worker *w, struct execute *x, const struct native_op_view *op, uint32_t room,
                 struct native_result_view *result)
{
    uint64_t cursor = read_cursor(op->key);
    uint64_t next = execute_scan(x, op, cursor >> 8, room, result);

    if (result->status != NATIVE_RES_OK)
        return;
    assert(next <= UINT32_MAX);
    if (next)
        next = next << 8 | w->id;
    else if (w->id + 1 < w->node->n_workers)
        next = w->id + 1; // the next worker's, from its start
    memcpy(w->scratch, &next, sizeof(next));
}

// Every operation still to come takes at least its fixed part.
static uint32_t room_for_value(const struct journey *j)
{
    uint32_t reserved = j->reply_len + (j->head.op_count - j->done) * NATIVE_RESULT_LEN;
    return j->room > reserved ? j->room - reserved : 0;
}

static void execute_next(struct worker *w, struct journey *j, const struct native_op_view *op)
{
    struct execute x = request_execution(w);
    struct native_result_view result;
    struct store_lookup lookup;

    if (op->opcode == NATIVE_OP_SCAN) {
        scan(w, &x, op, room_for_value(j), &result);
    } else {
        if (op->key_len)
            store_lookup_init(w->store, &lookup, op->key, op->key_len);
        execute_op(&x, op, &lookup, room_for_value(j), &result);
    }
    if (result.status == NATIVE_RES_TOOBIG)
        j->too_big = true;
    else if (result.status == NATIVE_RES_NO_MEMORY)
        count(w, CTR_store_no_memory);
    if (w->hlc > j->hlc)
        j->hlc = w->hlc;
    uint8_t *payload = rte_pktmbuf_mtod(j->reply, uint8_t *) + j->packet.payload;
    j->reply_len += native_encode_result(payload + j->reply_len, j->room - j->reply_len, &result);
    j->done++;
}

// The part of the frame before the payload, to be turned around when the reply is sent.
static bool prepare_reply(struct worker *w, struct request *r, struct journey *j)
{
    j->reply = rte_pktmbuf_alloc(w->pool);
    if (!j->reply)
        return false;
    j->reply->port = r->m->port;
    memcpy(rte_pktmbuf_mtod(j->reply, void *), r->packet.frame, r->packet.payload);
    j->room = request_reply_room(w, j->reply, &r->packet);
    j->reply_len = NATIVE_HEADER_LEN;
    return true;
}

void journey_start(struct worker *w, struct request *r)
{
    struct journey *j = journey_of(r->m);
    struct session_ticket ticket;

    if (NATIVE_HEADER_LEN + r->head.op_count * NATIVE_RESULT_LEN > request_reply_room(w, r->m, &r->packet)) {
        request_refuse(w, r, NATIVE_TOOBIG, 0);
        return;
    }
    if (r->writes && !request_admit_write(w, r, &ticket))
        return;
    *j = (struct journey){.head = r->head,
                          .packet = r->packet,
                          .home = (uint8_t)w->id,
                          .writes = r->writes,
                          .delegated = r->delegated};
    if (r->writes)
        j->ticket = ticket;
    if (!prepare_reply(w, r, j)) {
        if (r->writes)
            session_abandon(w->sessions, &ticket);
        count(w, CTR_no_buffer);
        rte_pktmbuf_free(r->m);
        return;
    }
    journey_continue(w, r->m);
}

void journey_continue(struct worker *w, struct rte_mbuf *m)
{
    struct journey *j = journey_of(m);

    for (unsigned step = 0; j->done < j->head.op_count; step++) {
        struct native_op_view op;
        uint32_t after = j->next_op;
        native_next_op(&j->head, &after, &op);
        unsigned owner = request_op_owner(w, &op);
        if (owner != w->id) {
            count(w, CTR_delegated_out);
            errand_send_surely(w, owner, m, ERRAND_CONTINUE);
            return;
        }
        if (step == OPS_PER_STEP &&
            scheduler_stage(&w->scheduler, TENANT_DEFAULT, errand_tag(m, ERRAND_CONTINUE), w->now_tsc))
            return;
        execute_next(w, j, &op);
        j->next_op = after;
    }
    if (j->home == w->id)
        journey_finish(w, m);
    else
        errand_send_surely(w, j->home, m, ERRAND_FINISH);
}

void journey_finish(struct worker *w, struct rte_mbuf *m)
{
    struct journey *j = journey_of(m);
    struct rte_mbuf *reply_packet = j->reply;
    uint8_t *payload = rte_pktmbuf_mtod(reply_packet, uint8_t *) + j->packet.payload;
    struct native_reply reply = request_reply_header(w, &j->head, j->delegated);

    reply.result_count = j->head.op_count;
    if (j->hlc > reply.hlc)
        reply.hlc = j->hlc;
    if (j->too_big) {
        reply.status = NATIVE_TOOBIG;
        count(w, CTR_native_too_big);
    }
    native_encode_reply(payload, NATIVE_HEADER_LEN, &reply);
    if (j->writes)
        session_finish(w->sessions, &j->ticket, payload, j->reply_len);
    j->packet.frame = rte_pktmbuf_mtod(reply_packet, uint8_t *);
    request_send_reply(w, reply_packet, &j->packet, j->reply_len);
    rte_pktmbuf_free(m);
}

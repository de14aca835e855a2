// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/request.h"

#include <rte_prefetch.h>
#include <string.h>

#include "dataplane/errand.h"
#include "dataplane/journey.h"
#include "dataplane/neighbours.h"
#include "dataplane/receive.h"
#include "dataplane/transmit.h"

#define ECHO_PORT 7u

static const uint16_t status_counters[NATIVE_STATUS_MAX] = {
    [NATIVE_BAD_VERSION] = CTR_native_version_refused,
    [NATIVE_BAD_REQUEST] = CTR_native_bad_request,
    [NATIVE_BAD_SLOT] = CTR_native_bad_slot,
    [NATIVE_BAD_TENANT] = CTR_native_bad_tenant,
    [NATIVE_STALE_EPOCH] = CTR_native_stale_epoch,
    [NATIVE_STALE_REQUEST] = CTR_native_stale_request,
    [NATIVE_DUPLICATE_GONE] = CTR_native_duplicate_gone,
    [NATIVE_SESSIONS_FULL] = CTR_native_sessions_full,
    [NATIVE_TOOBIG] = CTR_native_too_big,
};

static void drop(struct worker *w, struct rte_mbuf *m, enum counter why)
{
    count(w, why);
    rte_pktmbuf_free(m);
}

unsigned request_op_owner(const struct worker *w, const struct native_op_view *op)
{
    if (op->opcode == NATIVE_OP_PING)
        return w->id;
    if (op->opcode == NATIVE_OP_SCAN) {
        unsigned owner = op->key[0]; // the cursor's low byte, see journey.c
        return owner < w->node->n_workers ? owner : w->id;
    }
    return w->node->owner[slot_of_key(op->key, op->key_len)];
}

struct execute request_execution(struct worker *w)
{
    w->hlc = w->now_ns > w->hlc ? w->now_ns : w->hlc + 1;
    return (struct execute){.store = w->store,
                            .now_ms = w->now_ms,
                            .ts = w->hlc,
                            .max_value_bytes = w->max_value_bytes,
                            .scratch = w->scratch,
                            .scratch_len = sizeof(w->scratch)};
}

struct native_reply request_reply_header(struct worker *w, const struct native_request *head, bool delegated)
{
    const struct staging *staging = &w->scheduler.staging[TENANT_DEFAULT];
    uint32_t room = staging->quota - staging_backlog(staging);
    struct native_reply reply = {
        .session = head->session,
        .request_id = head->request_id,
        .slot = head->slot,
        .trace_flags = head->trace_flags,
        .epoch = w->node->epoch,
        .hlc = w->hlc,
        .map_epoch = w->node->map_epoch,
        .credits = (uint16_t)room,
        .flags = (uint16_t)((room < staging->quota / 8 ? NATIVE_R_SLOW_DOWN : 0) |
                            (delegated ? NATIVE_R_DELEGATED : 0)),
    };
    return reply;
}

uint32_t request_reply_room(struct worker *w, const struct rte_mbuf *m, const struct net_packet *packet)
{
    const struct port *port = &w->node->ports[w->node->port_of_ethdev[m->port]];
    uint32_t room = net_udp_room(&port->nif, packet);
    uint32_t buffer = m->buf_len - m->data_off - packet->payload;
    return room < buffer ? room : buffer;
}

void request_send_reply(struct worker *w, struct rte_mbuf *m, struct net_packet *packet, uint32_t payload_len)
{
    const struct port *port = &w->node->ports[w->node->port_of_ethdev[m->port]];
    uint32_t len = net_reply_udp(packet, payload_len, port->tx_udp_csum);

    m->data_len = (uint16_t)len;
    m->pkt_len = len;
    m->ol_flags = 0;
    if (port->tx_udp_csum) {
        m->ol_flags =
            RTE_MBUF_F_TX_UDP_CKSUM | (packet->family == 4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
        m->l2_len = packet->l3;
        m->l3_len = packet->l4 - packet->l3;
    }
    transmit(w, m);
}

void request_refuse(struct worker *w, struct request *r, enum native_status status, uint32_t retry_after_us)
{
    struct native_reply reply = request_reply_header(w, &r->head, r->delegated);

    if (status_counters[status])
        count(w, (enum counter)status_counters[status]);
    reply.status = (uint16_t)status;
    reply.retry_after_us = retry_after_us;
    reply.result_count = 0;
    uint32_t len = native_encode_reply(r->packet.frame + r->packet.payload,
                                       request_reply_room(w, r->m, &r->packet), &reply);
    request_send_reply(w, r->m, &r->packet, len);
}

// ICMP, closed ports and the diagnostic echo: what is not a native request.
static void handle_other(struct worker *w, struct rte_mbuf *m, struct net_packet *p, enum net_kind kind,
                         enum counter why)
{
    const struct net_if *nif = &w->node->ports[w->node->port_of_ethdev[m->port]].nif;
    uint32_t room = m->buf_len - m->data_off, len = 0;

    if (kind == NET_NEIGHBOUR) {
        neighbours_input(w, m);
        return;
    }
    if (kind == NET_UDP && p->dport == ECHO_PORT && p->sport != ECHO_PORT && w->diagnostics) {
        count(w, CTR_udp_echoed);
        request_send_reply(w, m, p, p->len - p->payload);
        return;
    }
    if (kind == NET_ICMP)
        len = net_icmp_input(nif, p, room, &why);
    else if (kind == NET_UDP)
        len = net_port_unreachable(nif, &w->icmp_limiter, p, room, w->steady_ms, &why);
    else if (kind == NET_TCP)
        why = CTR_tcp_not_served;
    count(w, why);
    transmit_answer(w, m, len);
}

static bool is_native(const struct net_packet *p)
{
    return (uint32_t)p->dport - NET_NATIVE_PORT < NET_NATIVE_PORTS;
}

static unsigned verified_checksums(const struct rte_mbuf *m)
{
    unsigned good = 0;

    if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
        good |= NET_CSUM_IP_GOOD;
    if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
        good |= NET_CSUM_L4_GOOD;
    return good;
}

// Phase 1: validates every frame; native requests stay, the rest is dealt with. Returns how many stay.
static unsigned parse(struct worker *w, struct request *requests, const uintptr_t *entries, unsigned n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < n; i++) {
        struct rte_mbuf *m = errand_packet(entries[i]);
        struct request *r = &requests[kept];
        enum counter why = COUNTER_NONE;

        if (unlikely(errand_of(entries[i]) == ERRAND_CONTINUE)) {
            journey_continue(w, m);
            continue;
        }
        const struct port *port = &w->node->ports[w->node->port_of_ethdev[m->port]];
        enum net_kind kind = net_parse(&port->nif, rte_pktmbuf_mtod(m, uint8_t *), m->data_len,
                                       port->rx_csum ? verified_checksums(m) : 0, &r->packet, &why);
        if (likely(kind == NET_UDP && is_native(&r->packet))) {
            r->m = m;
            r->delegated = errand_of(entries[i]) == ERRAND_DELEGATED;
            kept++;
        } else {
            handle_other(w, m, &r->packet, kind, why);
        }
    }
    return kept;
}

static bool deadline_passed(const struct worker *w, const struct request *r)
{
    if (r->head.deadline_us == 0)
        return false;
    int32_t waited = (int32_t)((uint32_t)(w->now_tsc >> 10) - receive_arrival(r->m));
    if (waited <= 0) // also when the clocks of two cores differ a little
        return false;
    return ((uint64_t)waited << 10) * 1000000ull / w->node->tsc_hz >= r->head.deadline_us;
}

static bool any_write(const struct request *r)
{
    struct native_op_view op = r->op;
    uint32_t pos = r->next_op;

    for (unsigned left = r->head.op_count;;) {
        if (native_op_writes(op.opcode))
            return true;
        if (--left == 0)
            return false;
        native_next_op(&r->head, &pos, &op);
    }
}

static bool decode_one(struct worker *w, struct request *r)
{
    enum native_status status = NATIVE_OK;
    const uint8_t *payload = r->packet.frame + r->packet.payload;

    switch (native_decode_request(payload, r->packet.len - r->packet.payload, &r->head, &status)) {
    case NATIVE_ACCEPT:
        return true;
    case NATIVE_DROP_SHORT:
        drop(w, r->m, CTR_native_short);
        return false;
    case NATIVE_DROP_NOT_REQUEST:
        drop(w, r->m, CTR_native_not_request);
        return false;
    case NATIVE_DROP_VERSION:
        drop(w, r->m, CTR_native_bad_version);
        return false;
    case NATIVE_REFUSE:
        break;
    }
    request_refuse(w, r, status, 0);
    return false;
}

static void hand_over(struct worker *w, struct request *r, unsigned owner)
{
    if (errand_send(w, owner, r->m, ERRAND_DELEGATED))
        count(w, CTR_delegated_out);
    else
        drop(w, r->m, CTR_worker_ring_full);
}

// Slot, tenant and owner of an accepted request. False when it does not run here (answered, dropped or handed
// over).
static bool belongs_here(struct worker *w, struct request *r)
{
    if (unlikely(r->head.tenant != TENANT_DEFAULT)) {
        request_refuse(w, r, NATIVE_BAD_TENANT, 0);
        return false;
    }
    if (unlikely(r->op.opcode == NATIVE_OP_PING || r->op.opcode == NATIVE_OP_SCAN))
        return true;
    uint16_t slot = slot_of_key(r->op.key, r->op.key_len);
    if (unlikely(r->head.slot != slot && r->head.slot != NATIVE_SLOT_NONE)) {
        request_refuse(w, r, NATIVE_BAD_SLOT, 0);
        return false;
    }
    if (likely(worker_owns(w, slot)))
        return true;
    hand_over(w, r, w->node->owner[slot]);
    return false;
}

// Phase 2: decodes, hands over what other workers own, starts fetching index and session. Returns how many
// stay.
static unsigned decode(struct worker *w, struct request *requests, unsigned n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < n; i++) {
        struct request *r = &requests[i];
        if (!decode_one(w, r))
            continue;
        if (unlikely(deadline_passed(w, r))) {
            drop(w, r->m, CTR_native_deadline);
            continue;
        }
        r->next_op = 0;
        native_next_op(&r->head, &r->next_op, &r->op);
        if (!belongs_here(w, r))
            continue;
        r->writes = any_write(r);
        if (r->op.key_len && r->op.opcode != NATIVE_OP_SCAN)
            store_lookup_init(w->store, &r->lookup, r->op.key, r->op.key_len);
        if (r->writes)
            session_prefetch(w->sessions, r->head.tenant, r->head.session);
        if (kept != i)
            requests[kept] = *r;
        kept++;
    }
    return kept;
}

// Phase 3: reads the tags of every bucket, starts fetching the records.
static void look_up(struct worker *w, struct request *requests, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (likely(requests[i].op.key_len && requests[i].op.opcode != NATIVE_OP_SCAN))
            store_lookup_prefetch(w->store, &requests[i].lookup);
}

// Repeats the answer of a write that was executed before.
static void repeat_answer(struct worker *w, struct request *r, const void *answer, uint32_t len)
{
    uint8_t *payload = r->packet.frame + r->packet.payload;

    count(w, CTR_native_duplicates);
    if (len > request_reply_room(w, r->m, &r->packet)) {
        request_refuse(w, r, NATIVE_DUPLICATE_GONE, 0);
        return;
    }
    memcpy(payload, answer, len);
    native_mark_duplicate(payload);
    request_send_reply(w, r->m, &r->packet, len);
}

bool request_admit_write(struct worker *w, struct request *r, struct session_ticket *ticket)
{
    const void *answer = NULL;
    uint32_t answer_len = 0;

    if (unlikely(r->head.epoch != w->node->epoch)) {
        request_refuse(w, r, NATIVE_STALE_EPOCH, 0);
        return false;
    }
    switch (session_begin(w->sessions, r->head.tenant, r->head.session, r->head.request_id,
                          r->head.first_unacked, w->steady_ms, ticket, &answer, &answer_len)) {
    case SESSION_EXECUTE:
        return true;
    case SESSION_DUPLICATE:
        repeat_answer(w, r, answer, answer_len);
        return false;
    case SESSION_DUPLICATE_GONE:
        request_refuse(w, r, NATIVE_DUPLICATE_GONE, 0);
        return false;
    case SESSION_STALE:
        request_refuse(w, r, NATIVE_STALE_REQUEST, 0);
        return false;
    case SESSION_IN_PROGRESS:
        drop(w, r->m, CTR_native_in_progress);
        return false;
    case SESSION_FULL:
        break;
    }
    request_refuse(w, r, NATIVE_SESSIONS_FULL, 1000000);
    return false;
}

// Phase 4, the usual request: one operation, answered in the buffer that it came in.
static void execute_single(struct worker *w, struct request *r)
{
    struct session_ticket ticket;
    struct native_result_view result;

    if (r->writes && !request_admit_write(w, r, &ticket))
        return;
    struct execute x = request_execution(w);
    uint32_t room = request_reply_room(w, r->m, &r->packet);
    uint8_t *payload = r->packet.frame + r->packet.payload;
    uint32_t fixed = NATIVE_HEADER_LEN + NATIVE_RESULT_LEN;
    execute_op(&x, &r->op, &r->lookup, room > fixed ? room - fixed : 0, &result);

    struct native_reply reply = request_reply_header(w, &r->head, r->delegated);
    reply.result_count = 1;
    if (unlikely(result.status == NATIVE_RES_TOOBIG)) {
        reply.status = NATIVE_TOOBIG;
        count(w, CTR_native_too_big);
    } else if (unlikely(result.status == NATIVE_RES_NO_MEMORY)) {
        count(w, CTR_store_no_memory);
    }
    uint32_t len = native_encode_reply(payload, room, &reply);
    len += native_encode_result(payload + len, room - len, &result);
    if (r->writes)
        session_finish(w->sessions, &ticket, payload, len);
    request_send_reply(w, r->m, &r->packet, len);
}

static void execute(struct worker *w, struct request *requests, unsigned n)
{
    w->counters[CTR_native_requests] += n;
    for (unsigned i = 0; i < n; i++)
        if (likely(requests[i].head.op_count == 1 && requests[i].op.opcode != NATIVE_OP_SCAN))
            execute_single(w, &requests[i]);
        else
            journey_start(w, &requests[i]);
}

void requests_run(struct worker *w, const uintptr_t *entries, unsigned n, uint64_t *stamp)
{
    struct request requests[WORKER_BATCH];

    for (unsigned i = 0; i < n; i++)
        rte_prefetch0(errand_packet(entries[i])->rearm_data);
    n = parse(w, requests, entries, n);
    worker_book(w, STAGE_PARSE, stamp);
    if (n == 0)
        return;
    n = decode(w, requests, n);
    worker_book(w, STAGE_DECODE, stamp);
    look_up(w, requests, n);
    worker_book(w, STAGE_LOOKUP, stamp);
    execute(w, requests, n);
    worker_book(w, STAGE_EXECUTE, stamp);
}

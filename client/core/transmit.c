// SPDX-License-Identifier: BSD-3-Clause
// The engine's sending half: what may be sent now, and the header of every transmission.
#include <string.h>

#include "client/core/engine.h"

static uint32_t deadline_left(const struct engine_request *r, uint64_t now)
{
    uint64_t left = r->deadline > now ? r->deadline - now : 1;
    return left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static uint32_t compose(const struct engine *e, const struct engine_request *r, uint32_t index, uint64_t now,
                        uint8_t *buffer)
{
    const struct engine_session *s = &e->sessions[index / ENGINE_WINDOW];
    struct native_request header = {
        .flags = r->transmissions > 1 ? NATIVE_F_RETRANSMIT : 0,
        .op_count = r->op_count,
        .slot = r->slot,
        .tenant = e->config.tenant,
        .session = s->id,
        .request_id = r->id,
        .epoch = r->write ? r->epoch : e->epoch,
        .deadline_us = deadline_left(r, now),
        .first_unacked = s->first_unacked,
    };
    if (e->config.has_credential) {
        header.flags |= NATIVE_F_CREDENTIAL;
        header.credential = e->config.credential;
    }
    uint32_t n = native_encode_request(buffer, e->config.datagram_max, &header);
    memcpy(buffer + n, e->datagrams + (size_t)index * e->config.datagram_max + n, r->length - n);
    return r->length;
}

// A transmission that no server has been able to execute so far is the first one, whatever went before.
static void count_transmission(struct engine *e, struct engine_request *r, uint64_t now)
{
    if (r->write && r->epoch == 0 && e->epoch != 0) {
        r->epoch = e->epoch;
        r->transmissions = 0;
    }
    if (r->sent == 0) {
        r->first_sent = now;
        e->in_flight++;
    } else {
        e->stats.retransmissions++;
    }
    r->transmissions++;
    r->sent++;
    r->last_sent = now;
    e->stats.datagrams++;
}

static uint64_t answer_due(struct engine *e, const struct engine_request *r, uint64_t now)
{
    uint64_t due = now + round_trip_timeout(&e->round_trip) + backoff_jitter(&e->random, r->attempts);
    return due < r->deadline ? due : r->deadline;
}

bool engine_transmit(struct engine *e, uint64_t now, uint8_t *buffer, struct engine_datagram *out)
{
    uint32_t index = e->queue_head;

    if (index == ENGINE_NONE)
        return false;
    struct engine_request *r = engine_at(e, index);
    if (r->sent == 0 && (now < e->pause_until || e->in_flight >= e->limit))
        return false;
    e->queue_head = r->next;
    if (e->queue_head == ENGINE_NONE)
        e->queue_tail = ENGINE_NONE;
    count_transmission(e, r, now);
    r->state = ENGINE_WAITING;
    out->data = buffer;
    out->length = compose(e, r, index, now, buffer);
    out->port = engine_port(r->slot);
    timer_heap_set(&e->timers, index, answer_due(e, r, now));
    return true;
}

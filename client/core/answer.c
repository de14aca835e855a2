// SPDX-License-Identifier: BSD-3-Clause
// The engine's receiving half: what an answer, or its absence, means for a request.
#include "client/core/engine.h"

static struct engine_request *find(struct engine *e, const struct native_reply *reply, uint32_t *index)
{
    uint64_t k = reply->session % ENGINE_SESSIONS_MAX;

    if (k >= e->config.sessions || e->sessions[k].id != reply->session)
        return NULL;
    *index = (uint32_t)k * ENGINE_WINDOW + reply->request_id % ENGINE_WINDOW;
    struct engine_request *r = engine_at(e, *index);
    return r->state != ENGINE_FREE && r->id == reply->request_id && r->sent > 0 ? r : NULL;
}

static void learn_epoch(struct engine *e, uint32_t epoch)
{
    if (epoch == 0 || epoch == e->epoch)
        return;
    if (e->epoch != 0)
        e->stats.epoch_changes++;
    e->epoch = epoch;
}

// Additive increase of one per window answered, halved at most once per round trip.
static void take_hints(struct engine *e, uint64_t now, const struct native_reply *reply)
{
    uint32_t most = e->config.sessions * ENGINE_WINDOW;

    if (!(reply->flags & NATIVE_R_SLOW_DOWN)) {
        if (++e->answers >= e->limit) {
            e->answers = 0;
            e->limit += e->limit < most;
        }
        return;
    }
    e->stats.slow_downs++;
    if (now + 1 > e->slowed_at + e->round_trip.smoothed) {
        e->limit = e->limit > 1 ? e->limit / 2 : 1;
        e->slowed_at = now;
    }
    if (reply->credits > 0 && reply->credits < e->limit)
        e->limit = reply->credits;
    if (now + reply->retry_after_us > e->pause_until)
        e->pause_until = now + reply->retry_after_us;
}

// A refusal does not say which copy it answers, and another one may have been executed: it is believed for a
// write only when there was no other.
static enum godwit_status not_executed(const struct engine_request *r, enum godwit_status status)
{
    return r->write && r->epoch != 0 && r->sent > 1 ? GODWIT_UNKNOWN : status;
}

// The end of a request whose answer did not come.
static enum godwit_status unanswered(const struct engine_request *r)
{
    if (r->write && (r->epoch_lost || (r->epoch != 0 && r->transmissions > 0)))
        return r->refused ? not_executed(r, r->refusal) : GODWIT_UNKNOWN;
    return r->refused ? r->refusal : GODWIT_TIMEOUT;
}

// True when the request goes on: it is sent again, or the answer was one to an older copy.
static bool resend_with_new_epoch(struct engine *e, uint32_t index, const struct native_reply *reply)
{
    struct engine_request *r = engine_at(e, index);

    if (reply->epoch == r->epoch)
        return true;
    if (r->epoch != 0 && (r->transmissions > 1 || r->epoch_lost))
        return false;
    r->epoch_lost = r->epoch != 0;
    r->epoch = reply->epoch;
    r->transmissions = 0;
    if (r->state == ENGINE_WAITING)
        engine_requeue(e, index);
    timer_heap_set(&e->timers, index, r->deadline);
    return true;
}

// Shed by the server: it comes back after what the server asks for, plus jitter.
static void retry_later(struct engine *e, uint32_t index, uint64_t now, const struct native_reply *reply,
                        enum godwit_status refusal)
{
    struct engine_request *r = engine_at(e, index);

    if (r->state != ENGINE_WAITING)
        return;
    uint64_t due = now + reply->retry_after_us + backoff_jitter(&e->random, r->attempts);
    r->refused = true;
    r->refusal = refusal;
    timer_heap_set(&e->timers, index, due < r->deadline ? due : r->deadline);
}

static enum godwit_status refusal_of(uint16_t status)
{
    switch (status) {
    case NATIVE_TOOBIG:
        return GODWIT_TOOBIG;
    case NATIVE_BAD_TENANT:
        return GODWIT_BAD_TENANT;
    case NATIVE_DUPLICATE_GONE:
        return GODWIT_ANSWER_LOST;
    default:
        return GODWIT_REFUSED;
    }
}

static bool end(struct engine *e, uint32_t index, uint64_t now, enum godwit_status status,
                const struct native_reply *reply, struct engine_completion *out)
{
    e->stats.completed++;
    out->reply = *reply;
    engine_finish(e, index, now, status, out);
    return true;
}

static bool judge(struct engine *e, uint32_t index, uint64_t now, const struct native_reply *reply,
                  struct engine_completion *out)
{
    struct engine_request *r = engine_at(e, index);

    switch (reply->status) {
    case NATIVE_OK:
        return end(e, index, now, GODWIT_OK, reply, out);
    case NATIVE_STALE_EPOCH:
        return !resend_with_new_epoch(e, index, reply) && end(e, index, now, GODWIT_UNKNOWN, reply, out);
    case NATIVE_OVERLOADED:
    case NATIVE_SESSIONS_FULL:
        retry_later(e, index, now, reply, GODWIT_OVERLOADED);
        return false;
    case NATIVE_NOT_READY:
        retry_later(e, index, now, reply, GODWIT_NOT_READY);
        return false;
    case NATIVE_DUPLICATE_GONE:
    case NATIVE_TOOBIG:
        return end(e, index, now, refusal_of(reply->status), reply, out);
    default:
        return end(e, index, now, not_executed(r, refusal_of(reply->status)), reply, out);
    }
}

bool engine_receive(struct engine *e, uint64_t now, const uint8_t *data, uint32_t length,
                    struct engine_completion *out)
{
    struct native_reply reply;
    uint32_t index;

    struct engine_request *r = native_decode_reply(data, length, &reply) ? find(e, &reply, &index) : NULL;
    if (!r) {
        e->stats.stray++;
        return false;
    }
    if (r->sent == 1)
        round_trip_sample(&e->round_trip, now - r->last_sent);
    learn_epoch(e, reply.epoch);
    take_hints(e, now, &reply);
    return judge(e, index, now, &reply, out);
}

// Sends it again if the rules allow, else waits on.
static void retry(struct engine *e, uint32_t index, uint64_t now)
{
    struct engine_request *r = engine_at(e, index);
    bool too_late = r->write && now > r->first_sent + ENGINE_WRITE_LIFETIME_US;

    if (r->attempts < 30)
        r->attempts++;
    if (!too_late && retry_budget_take(&e->budget, now)) {
        engine_requeue(e, index);
        timer_heap_set(&e->timers, index, r->deadline);
        return;
    }
    e->stats.budget_refusals += !too_late;
    uint64_t due = now + round_trip_timeout(&e->round_trip) + backoff_jitter(&e->random, r->attempts);
    timer_heap_set(&e->timers, index, due < r->deadline && !too_late ? due : r->deadline);
}

bool engine_expire(struct engine *e, uint64_t now, struct engine_completion *out, bool *done)
{
    const struct timer_heap_node *first = timer_heap_first(&e->timers);

    *done = false;
    if (!first || first->when > now)
        return false;
    uint32_t index = first->index;
    struct engine_request *r = engine_at(e, index);
    if (now >= r->deadline) {
        e->stats.timeouts++;
        engine_finish(e, index, now, unanswered(r), out);
        *done = true;
        return true;
    }
    retry(e, index, now);
    return true;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/burst.h"

#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/content.h"
#include "client/bench/progress.h"
#include "client/bench/template.h"
#include "client/bench/workload.h"
#include "client/core/engine.h"

#define STEPS                                                                                                \
    (1u << 22) // of the workload, drawn beforehand and repeated: drawing a zipf rank costs
               // more than sending a request
#define STEP_SET   0x80000000u
#define SESSION_ID 0x676f6477u // low half of session ids, below the session's number
#define SWEEP_US   1000u       // how often lost requests are looked for

struct slot_state {
    uint32_t id; // 0: free
    uint32_t step;
    uint64_t due, sent; // time stamp counter
};

struct burst_session {
    uint64_t id;
    uint32_t next_id, first_unacked, outstanding;
    struct slot_state slots[ENGINE_WINDOW];
};

struct burst {
    struct dpdk_port *port;
    const struct bench_options *o;
    struct result *result;
    struct template get, set;
    struct progress progress;
    struct workload workload;
    uint32_t *steps, next_step;
    uint32_t epoch;
    unsigned sessions, target, next_session; // target: outstanding of each in a closed loop
    struct burst_session session[ENGINE_SESSIONS_MAX];
    struct rte_mbuf *out[DPDK_BURST];
    uint16_t n_out;
    struct rte_mbuf *stock[DPDK_BURST]; // buffers for the next requests, on their way into the cache
    unsigned stocked;
    double ns_per_cycle;
    uint64_t begin, end, give_up, next_due, next_sweep, done;
};

bool burst_can(const struct bench_options *o)
{
    return o->mix.percent[MIX_READ] + o->mix.percent[MIX_UPDATE] == 100 &&
           o->distribution != DISTRIBUTION_LATEST && o->key_size % 2 == 0 && o->keys < STEP_SET &&
           NATIVE_HEADER_LEN + NATIVE_OP_LEN + o->key_size + o->value_size <= DPDK_DATAGRAM_MAX;
}

static bool draw_steps(struct burst *b)
{
    struct workload_step step;

    b->steps = malloc(STEPS * sizeof(*b->steps));
    if (!b->steps)
        return false;
    for (uint32_t i = 0; i < STEPS; i++) {
        workload_next(&b->workload, &step);
        b->steps[i] = step.record | (step.kind == MIX_UPDATE ? STEP_SET : 0);
    }
    return true;
}

static void flush(struct burst *b)
{
    if (b->n_out)
        dpdk_send(b->port, b->out, b->n_out);
    b->n_out = 0;
}

// The appliance read these buffers last: writing waits for their lines to come back, so they are asked for
// all together and a turn ahead.
static void restock(struct burst *b)
{
    if (b->stocked > 0 || rte_pktmbuf_alloc_bulk(b->port->pool, b->stock, DPDK_BURST) != 0)
        return;
    b->stocked = DPDK_BURST;
    for (unsigned i = 0; i < DPDK_BURST; i++) {
        const char *data = rte_pktmbuf_mtod(b->stock[i], const char *);
        __builtin_prefetch(data, 1);
        __builtin_prefetch(data + RTE_CACHE_LINE_SIZE, 1);
    }
}

static bool has_room(const struct burst_session *s)
{
    return s->next_id - s->first_unacked < ENGINE_WINDOW;
}

static void send_one(struct burst *b, struct burst_session *s, uint64_t due, uint64_t now)
{
    if (b->stocked == 0)
        restock(b);
    if (b->stocked == 0)
        return;
    struct rte_mbuf *m = b->stock[--b->stocked];
    uint32_t step = b->steps[b->next_step++ % STEPS], id = s->next_id++;
    s->slots[id % ENGINE_WINDOW] = (struct slot_state){.id = id, .step = step, .due = due, .sent = now};
    s->outstanding++;
    const struct template *t = step & STEP_SET ? &b->set : &b->get;
    struct template_request request = {.session = s->id,
                                       .request_id = id,
                                       .epoch = b->epoch,
                                       .first_unacked = s->first_unacked,
                                       .record = step & ~STEP_SET};
    template_fill(t, &request, rte_pktmbuf_mtod(m, uint8_t *));
    m->data_len = (uint16_t)t->length;
    m->pkt_len = t->length;
    b->out[b->n_out++] = m;
    if (b->n_out == DPDK_BURST)
        flush(b);
}

static void refill(struct burst *b, struct burst_session *s, uint64_t now)
{
    while (s->outstanding < b->target && has_room(s) && now < b->end) {
        uint32_t before = s->next_id;
        send_one(b, s, now, now);
        if (s->next_id == before)
            return; // no packet buffer: the next sweep tries again
    }
}

static void free_slot(struct burst_session *s, struct slot_state *slot)
{
    slot->id = 0;
    s->outstanding--;
    while (s->first_unacked != s->next_id &&
           s->slots[s->first_unacked % ENGINE_WINDOW].id != s->first_unacked)
        s->first_unacked++;
}

static enum godwit_status judge(struct burst *b, const struct slot_state *slot, const uint8_t *data,
                                uint32_t length)
{
    struct native_reply reply;
    struct native_result_view result;
    uint32_t at = 0;

    if (!native_decode_reply(data, length, &reply) || reply.status != NATIVE_OK ||
        !native_next_result(&reply, &at, &result)) {
        if (reply.status == NATIVE_STALE_EPOCH)
            b->epoch = reply.epoch;
        return reply.status == NATIVE_OVERLOADED    ? GODWIT_OVERLOADED
               : reply.status == NATIVE_NOT_READY   ? GODWIT_NOT_READY
               : reply.status == NATIVE_TOOBIG      ? GODWIT_TOOBIG
               : reply.status == NATIVE_STALE_EPOCH ? GODWIT_UNKNOWN
                                                    : GODWIT_REFUSED;
    }
    if (b->o->verify && !(slot->step & STEP_SET) && result.status == NATIVE_RES_OK) {
        b->result->verified++;
        b->result->mismatches += result.value_len != b->o->value_size ||
                                 !content_matches(result.value, result.value_len, slot->step & ~STEP_SET);
    }
    return result.status < GODWIT_STATUS_MAX ? (enum godwit_status)result.status : GODWIT_REFUSED;
}

// The session whose request this answers, or NULL: too late, or not ours.
static struct burst_session *find(struct burst *b, const uint8_t *data, uint32_t length,
                                  struct slot_state **slot)
{
    uint64_t session;
    uint32_t id;

    if (length < NATIVE_HEADER_LEN)
        return NULL;
    memcpy(&session, data + 8, sizeof(session));
    memcpy(&id, data + 16, sizeof(id));
    struct burst_session *s = &b->session[session % ENGINE_SESSIONS_MAX];
    *slot = &s->slots[id % ENGINE_WINDOW];
    return s->id == session && id != 0 && (*slot)->id == id ? s : NULL;
}

static void take(struct burst *b, const struct rte_mbuf *m, uint64_t now)
{
    struct slot_state *slot;
    uint32_t length;
    const uint8_t *data = dpdk_datagram(m, &length);
    struct burst_session *s = find(b, data, length, &slot);

    if (!s)
        return;
    b->done++;
    enum godwit_status status = judge(b, slot, data, length);
    uint64_t ns = (uint64_t)((double)(now - slot->due) * b->ns_per_cycle);
    histogram_record(&b->progress.since, ns);
    if (slot->due >= b->begin && slot->due < b->end)
        result_record(b->result, status, ns);
    free_slot(s, slot);
    if (b->target)
        refill(b, s, now);
}

static void sweep(struct burst *b, uint64_t now)
{
    uint64_t age = (uint64_t)(BURST_LOST_US * 1000 / b->ns_per_cycle);

    for (unsigned k = 0; k < b->sessions; k++) {
        struct burst_session *s = &b->session[k];
        for (unsigned i = 0; i < ENGINE_WINDOW; i++)
            if (s->slots[i].id && now > s->slots[i].sent + age) {
                b->result->lost += s->slots[i].due >= b->begin && s->slots[i].due < b->end;
                free_slot(s, &s->slots[i]);
            }
        if (b->target)
            refill(b, s, now);
    }
    b->next_sweep = now + (uint64_t)(SWEEP_US * 1000 / b->ns_per_cycle);
}

static bool still_due(const struct burst *b, uint64_t now)
{
    return b->o->rate > 0 && b->next_due < b->end && now < b->give_up;
}

static void schedule_next(struct burst *b)
{
    b->next_due += (uint64_t)((double)workload_gap_ns(&b->workload, b->o->rate) / b->ns_per_cycle);
}

// What is due and finds room; the rest stays due.
static void send_due(struct burst *b, uint64_t now)
{
    for (unsigned tried = 0; b->next_due <= now && still_due(b, now) && tried < b->sessions;) {
        struct burst_session *s = &b->session[b->next_session++ % b->sessions];
        if (!has_room(s)) {
            tried++;
            continue;
        }
        send_one(b, s, b->next_due, now);
        if (b->next_due >= b->begin && (double)(now - b->next_due) * b->ns_per_cycle > 1e6)
            b->result->behind++;
        schedule_next(b);
    }
}

static unsigned outstanding(const struct burst *b)
{
    unsigned n = 0;
    for (unsigned k = 0; k < b->sessions; k++)
        n += b->session[k].outstanding;
    return n;
}

static void loop(struct burst *b)
{
    struct rte_mbuf *packets[DPDK_BURST];
    uint64_t now = rte_rdtsc();

    while (now < b->end || outstanding(b) > 0 || still_due(b, now)) {
        uint16_t n = dpdk_receive(b->port, packets, DPDK_BURST);
        now = rte_rdtsc();
        for (uint16_t i = 0; i < n; i++)
            take(b, packets[i], now);
        rte_pktmbuf_free_bulk(packets, n);
        if (!b->target)
            send_due(b, now);
        if (now >= b->next_sweep) {
            sweep(b, now);
            progress_show(&b->progress, progress_clock_ns(), b->done, 0);
        }
        flush(b);
        restock(b);
    }
    rte_pktmbuf_free_bulk(b->stock, b->stocked);
}

static void begin_sessions(struct burst *b)
{
    unsigned total = b->o->clients * b->o->window;

    // A closed loop leaves half of each window free, so that a lost answer does not stop its session.
    b->sessions =
        b->o->rate > 0 ? ENGINE_SESSIONS_MAX : (total + ENGINE_WINDOW / 2 - 1) / (ENGINE_WINDOW / 2);
    if (b->sessions > ENGINE_SESSIONS_MAX)
        b->sessions = ENGINE_SESSIONS_MAX;
    b->target = b->o->rate > 0 ? 0 : (total + b->sessions - 1) / b->sessions;
    uint64_t high = (rte_rdtsc() ^ (uint64_t)SESSION_ID << 32) & ~(uint64_t)(2 * ENGINE_SESSIONS_MAX - 1);
    for (unsigned k = 0; k < b->sessions; k++) {
        b->session[k].id = high | ENGINE_SESSIONS_MAX | k;
        b->session[k].next_id = b->session[k].first_unacked = 1;
    }
}

bool burst_run(struct dpdk_port *p, const struct bench_options *o, uint32_t epoch, struct result *r)
{
    struct burst *b = calloc(1, sizeof(*b));
    struct frame_addresses a = {
        .source_ip = p->ip, .destination_ip = p->peer_ip, .source_port = DPDK_SOURCE_PORT};

    if (!b)
        return false;
    memcpy(a.source_mac, p->mac.addr_bytes, 6);
    memcpy(a.destination_mac, p->peer_mac.addr_bytes, 6);
    b->port = p;
    b->o = o;
    b->result = r;
    b->epoch = epoch;
    workload_init(&b->workload, o);
    bool good = template_init(&b->get, &a, o, false) && template_init(&b->set, &a, o, true) && draw_steps(b);
    if (good) {
        b->ns_per_cycle = 1e9 / (double)rte_get_tsc_hz();
        begin_sessions(b);
        progress_start(&b->progress, o->mix_name);
        uint64_t now = rte_rdtsc();
        b->next_due = now;
        b->begin = now + (uint64_t)(o->warmup * 1e9 / b->ns_per_cycle);
        b->end = b->begin + (uint64_t)(o->duration * 1e9 / b->ns_per_cycle);
        b->give_up = b->end + (b->end - b->begin);
        loop(b); // the first sweep, at once, fills the windows
        for (; o->rate > 0 && b->next_due < b->end; r->unsent++)
            schedule_next(b);
        r->seconds = o->duration;
    }
    free(b->steps);
    free(b);
    return good;
}

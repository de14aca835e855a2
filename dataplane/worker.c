// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker.h"

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <stdio.h>

#include "dataplane/errand.h"
#include "dataplane/idle.h"
#include "dataplane/neighbours.h"
#include "dataplane/receive.h"
#include "dataplane/request.h"
#include "dataplane/transmit.h"

#define TENANT_QUOTA        256u // staged packets
#define SESSIONS_PER_WORKER 65536u
#define ICMP_ERRORS_RATE    1000u // per second
#define ICMP_ERRORS_BURST   50u
#define EXPIRE_SLICE        64u // records reclaimed at a time
#define SESSION_SLICE       64u
#define HOUSEKEEPING_TURNS  16u
#define STATS_PERIOD_MS     100u
#define ALONE_QUANTA        4u
#define STEAL_FACTOR        8u
#define STEAL_MIN_US        50u

_Static_assert(STORE_SECRET_LEN >= SESSION_SECRET_LEN, "one secret keys both hashes");

const char *const stage_names[STAGE_MAX] = {"receive", "classify", "parse",        "decode", "lookup",
                                            "execute", "transmit", "housekeeping", "idle"};

static void read_clock(struct worker *w, uint64_t now_tsc)
{
    w->now_tsc = now_tsc;
    w->now_ns = clock_ns(&w->clock, now_tsc);
    w->now_ms = w->now_ns / 1000000;
    w->steady_ms = now_tsc / (w->node->tsc_hz / 1000);
}

static void read_settings(struct worker *w)
{
    const struct settings *s = &w->node->settings;
    w->max_value_bytes = SETTING(s, max_value_bytes);
    w->quantum = SETTING(s, quantum_us) * (w->node->tsc_hz / 1000000);
    w->diagnostics = SETTING(s, diagnostics);
    clock_read(&w->node->clock, &w->clock);
}

static void publish_stats(struct worker *w)
{
    store_stats(w->store, &w->store_stats);
    memory_stats(w->memory, &w->memory_stats);
}

// Bounded slices of everything that time drives; once a millisecond at most.
static void keep_house(struct worker *w)
{
    if (w->now_ms == w->house_ms)
        return;
    unsigned expired = store_expire(w->store, w->now_ms, EXPIRE_SLICE);
    w->counters[CTR_store_expired] += expired;
    if (expired == EXPIRE_SLICE)
        return; // more are due: they come first, in the next turn's slice
    w->house_ms = w->now_ms;
    session_tick(w->sessions, w->steady_ms, SESSION_SLICE);
    neighbours_tick(w);
    read_settings(w);
    if (w->steady_ms >= w->stats_ms) {
        w->stats_ms = w->steady_ms + STATS_PERIOD_MS;
        publish_stats(w);
    }
}

// Time that the host took away is nobody's debt: of a burst far beyond what its packets usually cost, only a
// multiple of that is booked. The usual cost still learns from it, so that work which really is heavy is
// charged in full a few bursts later.
static uint64_t without_steal(struct worker *w, uint64_t cycles, unsigned packets)
{
    uint64_t limit = STEAL_FACTOR * (uint64_t)w->step_cycles * packets;
    uint64_t least = STEAL_MIN_US * (w->node->tsc_hz / 1000000);

    if (limit < least)
        limit = least;
    if (unlikely(cycles > limit)) {
        count(w, CTR_steal_events);
        cycles = limit;
    }
    w->step_cycles += (int32_t)((int64_t)(cycles / packets) - w->step_cycles) / 16;
    return cycles;
}

// One quantum of one tenant: batches until the time is up or nothing is left. A tenant that is alone gets
// several at once, since every turn costs the ports' queues a few cache lines that travel between cores.
static void run_quantum(struct worker *w, uint32_t tenant, uint64_t *stamp)
{
    uintptr_t entries[WORKER_BATCH];
    uint64_t start = *stamp, used;
    uint64_t quantum = scheduler_alone(&w->scheduler) ? ALONE_QUANTA * w->quantum : w->quantum;

    do {
        uint64_t before = *stamp;
        unsigned n = scheduler_take(&w->scheduler, tenant, entries, WORKER_BATCH, before);
        if (n == 0)
            break;
        requests_run(w, entries, n, stamp);
        scheduler_charge(&w->scheduler, tenant, without_steal(w, *stamp - before, n));
        used = *stamp - start;
    } while (used < quantum);
}

// What other workers handed over; their requests are all the default tenant's.
static unsigned run_errands(struct worker *w, uint64_t *stamp)
{
    uint64_t start = *stamp;
    unsigned n = errand_receive(w);

    if (n) {
        worker_book(w, STAGE_CLASSIFY, stamp);
        scheduler_charge(&w->scheduler, TENANT_DEFAULT, *stamp - start);
    }
    return n;
}

int worker_run(void *arg)
{
    struct worker *w = arg;
    uint64_t stamp = rte_rdtsc();

    read_settings(w);
    read_clock(w, stamp);
    idle_init(w);
    while (!__atomic_load_n(&w->node->stop, __ATOMIC_RELAXED)) {
        read_clock(w, stamp);
        unsigned work = receive(w, &stamp) + run_errands(w, &stamp);
        uint32_t tenant = scheduler_pick(&w->scheduler, stamp);
        if (tenant != SCHEDULER_NOBODY) {
            run_quantum(w, tenant, &stamp);
            work++;
        }
        transmit_flush(w);
        if (work) {
            worker_book(w, STAGE_TRANSMIT, &stamp);
            idle_reset(w);
        }
        if (!work || ++w->turns % HOUSEKEEPING_TURNS == 0) {
            keep_house(w);
            transmit_flush(w);
            if (work)
                worker_book(w, STAGE_HOUSEKEEPING, &stamp);
        }
        if (!work) {
            idle_wait(w);
            worker_book(w, STAGE_IDLE, &stamp);
        }
    }
    publish_stats(w);
    return 0;
}

static int create_stores(struct worker *w, char *err, size_t err_len)
{
    const struct config *c = w->node->config;
    enum memory_pages pages = !w->node->hugepages                         ? MEMORY_PAGES_SMALL
                              : c->hugepages == CONFIG_HUGEPAGES_REQUIRED ? MEMORY_PAGES_HUGE
                                                                          : MEMORY_PAGES_AUTO;
    char cause[256];

    w->memory = memory_create((uint64_t)c->memory_mb << 20, pages, cause, sizeof(cause));
    if (!w->memory) {
        snprintf(err, err_len, "worker %u: %s", w->id, cause);
        return -1;
    }
    w->store = store_create(w->memory, w->node->hash_secret, 0);
    w->sessions = session_table_create(SESSIONS_PER_WORKER, w->node->hash_secret);
    if (!w->store || !w->sessions) {
        snprintf(err, err_len, "worker %u: no memory for its tables; free some, or lower memory_mb", w->id);
        return -1;
    }
    return 0;
}

struct worker *worker_create(struct node *node, unsigned id, char *err, size_t err_len)
{
    struct worker *w =
        rte_zmalloc_socket("worker", sizeof(*w), __alignof__(*w), (int)rte_lcore_to_socket_id(id + 1));

    if (!w) {
        snprintf(err, err_len, "worker %u: no memory for it", id);
        return NULL;
    }
    w->node = node;
    w->id = id;
    w->pool = node->pools[id];
    w->step_cycles = 1000;
    read_settings(w);
    read_clock(w, rte_rdtsc());
    net_limiter_init(&w->icmp_limiter, ICMP_ERRORS_RATE, ICMP_ERRORS_BURST, w->steady_ms);
    scheduler_init(&w->scheduler, node->tsc_hz, w->now_tsc);
    scheduler_add(&w->scheduler, TENANT_DEFAULT, 100, TENANT_QUOTA, w->now_tsc);
    scheduler_add(&w->scheduler, TENANT_MISC, 10, TENANT_QUOTA, w->now_tsc);
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        w->owned[slot / 64] |= (uint64_t)(node->owner[slot] == id) << (slot % 64);
    if (create_stores(w, err, err_len) || (id == 0 && neighbours_create(w, err, err_len))) {
        worker_destroy(w);
        return NULL;
    }
    publish_stats(w);
    return w;
}

void worker_destroy(struct worker *w)
{
    if (!w)
        return;
    neighbours_destroy(w);
    if (w->sessions)
        session_table_destroy(w->sessions);
    if (w->store)
        store_destroy(w->store);
    if (w->memory)
        memory_destroy(w->memory);
    rte_free(w);
}

// SPDX-License-Identifier: BSD-3-Clause
// One worker: an lcore that runs packets to completion. Owns its slots' data, its memory, its queues; shares
// nothing that anybody writes on the packet path. Other workers are reached by rings of tagged packet
// pointers.
#ifndef GODWIT_DATAPLANE_WORKER_H
#define GODWIT_DATAPLANE_WORKER_H

#include <rte_mbuf.h>

#include "dataplane/counters.h"
#include "dataplane/net/limiter.h"
#include "dataplane/net/neigh.h"
#include "dataplane/node.h"
#include "dataplane/serve/session.h"
#include "dataplane/store/memory.h"
#include "dataplane/store/store.h"
#include "dataplane/tenant/classifier.h"
#include "dataplane/tenant/scheduler.h"

#define WORKER_BURST      32u // packets of one receive
#define WORKER_RECEIVES   4u  // receives per queue and turn
#define WORKER_BATCH      16u // requests processed in phases together
#define WORKER_TX_BUFFER  64u
#define WORKER_RING_SIZE  1024u
#define WORKER_RING_BURST 64u

// What a tagged pointer in a ring or in staging asks for; packets are aligned to 64 bytes at least.
enum errand {
    ERRAND_PACKET = 0, // a received frame, to be processed from the start
    ERRAND_DELEGATED,  // the same, received by another worker
    ERRAND_CONTINUE,   // a request of several operations, to be continued here
    ERRAND_FINISH,     // the same, come home after its last operation
    ERRAND_TRANSMIT,   // a frame to be sent on a queue of this worker
    ERRAND_NEIGHBOUR,  // ARP or neighbour discovery for the owner of the port's table
    ERRAND_MASK = 7,
};

static inline uintptr_t errand_tag(struct rte_mbuf *m, enum errand e)
{
    return (uintptr_t)m | e;
}

static inline enum errand errand_of(uintptr_t tagged)
{
    return (enum errand)(tagged & ERRAND_MASK);
}

static inline struct rte_mbuf *errand_packet(uintptr_t tagged)
{
    return (struct rte_mbuf *)(tagged & ~(uintptr_t)ERRAND_MASK);
}

enum stage {
    STAGE_RECEIVE,
    STAGE_CLASSIFY,
    STAGE_PARSE,
    STAGE_DECODE,
    STAGE_LOOKUP,
    STAGE_EXECUTE,
    STAGE_TRANSMIT,
    STAGE_HOUSEKEEPING,
    STAGE_IDLE,
    STAGE_MAX
};
extern const char *const stage_names[STAGE_MAX];

enum worker_state { WORKER_POLLING, WORKER_PAUSING, WORKER_SLEEPING };

struct tx_buffer {
    uint16_t n;
    uint32_t bytes;
    struct rte_mbuf *packets[WORKER_TX_BUFFER];
};

struct worker {
    struct node *node;
    unsigned id;
    unsigned lcore, cpu;
    uint64_t now_tsc; // start of the turn
    uint64_t now_ns;  // wall clock of the turn
    uint64_t now_ms;
    uint64_t steady_ms; // of a clock that never jumps, for what is not about the wall clock
    uint64_t hlc;       // last timestamp given
    struct clock_line clock;
    uint64_t quantum; // cycles
    uint32_t max_value_bytes;
    bool diagnostics;
    uint64_t owned[SLOT_COUNT /
                   64]; // bit per slot that is this worker's: 2 KB, where the table of owners takes 16
    struct store *store;
    struct memory *memory;
    struct session_table *sessions;
    struct rte_mempool *pool;
    struct net_limiter icmp_limiter;
    struct tx_buffer tx[CONFIG_PORTS_MAX];
    struct neigh_table *neighbours[CONFIG_PORTS_MAX]; // worker 0 only
    uint64_t neighbours_wake_ms;
    uint64_t house_ms;   // wall clock of the last housekeeping
    uint64_t stats_ms;   // steady time at which statistics are refreshed next
    unsigned held;       // turns in a row in which receiving was held back
    uint64_t idle_since; // tsc of the last turn with work, see idle.c
    uint64_t sleep_ns;   // length of the next sleep
    uint64_t turns;
    uint32_t step_cycles;    // moving average of the cycles of one staged packet
    struct rte_mbuf *parked; // errands whose ring was full, retried every turn
    uint8_t scratch[9216];   // result values that cannot be built in place

    // Read by the housekeeping thread, written by the worker alone.
    enum worker_state state;
    uint64_t counters[COUNTER_MAX];
    uint64_t cycles[STAGE_MAX];
    struct store_stats store_stats; // refreshed about ten times a second
    struct memory_stats memory_stats;

    struct scheduler scheduler;
} __attribute__((aligned(128)));

static inline void count(struct worker *w, enum counter c)
{
    w->counters[c]++;
}

// Creates worker id of the node: store region, session table, scheduler. NULL with cause and remedy in err.
struct worker *worker_create(struct node *node, unsigned id, char *err, size_t err_len);
void worker_destroy(struct worker *w);

static inline bool worker_owns(const struct worker *w, uint16_t slot)
{
    return w->owned[slot / 64] >> (slot % 64) & 1;
}

// The loop; returns when node->stop is set. Runs on the worker's lcore.
int worker_run(void *worker);

// Books the cycles from *since to now to the stage and moves *since to now.
static inline void worker_book(struct worker *w, enum stage stage, uint64_t *since)
{
    uint64_t now = __builtin_ia32_rdtsc();
    w->cycles[stage] += now - *since;
    *since = now;
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/guard.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 256u

// What stands in rte_eth_fp_ops in place of the driver's own queue.
struct guarded_queue {
    void *rx_queue, *tx_queue;
    eth_rx_burst_t rx;
    eth_tx_burst_t tx;
    uint64_t received, sent; // each written by the queue's worker only
};

struct guarded_ethdev {
    unsigned n;
    void *pointers[RTE_MAX_QUEUES_PER_PORT];
    struct guarded_queue queues[];
};

// Odd while its thread is inside a burst.
struct section {
    uint64_t sequence;
} __attribute__((aligned(64)));

static struct guarded_ethdev *guarded[RTE_MAX_ETHPORTS];
static struct section sections[THREADS_MAX];
static unsigned n_sections;
static __thread struct section *own_section;

static struct section *enter(void)
{
    if (!own_section) {
        unsigned i = __atomic_fetch_add(&n_sections, 1, __ATOMIC_SEQ_CST);
        assert(i < THREADS_MAX);
        own_section = &sections[i];
    }
    // Sequentially consistent: the driver's look at its connected flag may not come before.
    __atomic_store_n(&own_section->sequence, own_section->sequence + 1, __ATOMIC_SEQ_CST);
    return own_section;
}

static void leave(struct section *s)
{
    __atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

static uint16_t guarded_rx(void *queue, struct rte_mbuf **packets, uint16_t n)
{
    struct guarded_queue *q = queue;
    struct section *s = enter();
    uint16_t got = q->rx(q->rx_queue, packets, n);
    leave(s);
    __atomic_store_n(&q->received, q->received + got, __ATOMIC_RELAXED);
    return got;
}

static uint16_t guarded_tx(void *queue, struct rte_mbuf **packets, uint16_t n)
{
    struct guarded_queue *q = queue;
    struct section *s = enter();
    uint16_t sent = q->tx(q->tx_queue, packets, n);
    leave(s);
    __atomic_store_n(&q->sent, q->sent + sent, __ATOMIC_RELAXED);
    return sent;
}

int guard_bursts(uint16_t ethdev, unsigned n)
{
    struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[ethdev];
    struct guarded_ethdev *g = calloc(1, sizeof(*g) + n * sizeof(g->queues[0]));
    if (!g)
        return -ENOMEM;
    g->n = n;
    for (unsigned k = 0; k < n; k++) {
        g->queues[k] =
            (struct guarded_queue){ops->rxq.data[k], ops->txq.data[k], ops->rx_pkt_burst, ops->tx_pkt_burst};
        g->pointers[k] = &g->queues[k];
    }
    guarded[ethdev] = g;
    ops->rxq.data = ops->txq.data = g->pointers;
    ops->rx_pkt_burst = guarded_rx;
    ops->tx_pkt_burst = guarded_tx;
    return 0;
}

bool guard_counts(uint16_t ethdev, uint64_t *rx, uint64_t *tx)
{
    const struct guarded_ethdev *g = guarded[ethdev];
    *rx = *tx = 0;
    for (unsigned k = 0; g && k < g->n; k++) {
        *rx += __atomic_load_n(&g->queues[k].received, __ATOMIC_RELAXED);
        *tx += __atomic_load_n(&g->queues[k].sent, __ATOMIC_RELAXED);
    }
    return g;
}

void guard_release(uint16_t ethdev)
{
    free(guarded[ethdev]);
    guarded[ethdev] = NULL;
}

void guard_synchronize(void)
{
    unsigned n = __atomic_load_n(&n_sections, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < n && i < THREADS_MAX; i++) {
        uint64_t seen = __atomic_load_n(&sections[i].sequence, __ATOMIC_SEQ_CST);
        while (seen & 1 && __atomic_load_n(&sections[i].sequence, __ATOMIC_ACQUIRE) == seen)
            usleep(10);
    }
}

// Stands in front of EAL's function of the same name (the program's symbols come first for every library).
// The memif driver calls it on a disconnect after it cleared its connected flag and before it unmaps the
// peer's memory: the one point between the two where bursts can be waited for.
int rte_intr_callback_unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
                                 void *argument)
{
    static int (*eal)(const struct rte_intr_handle *, rte_intr_callback_fn, void *);
    if (!eal)
        *(void **)&eal = dlsym(RTLD_NEXT, "rte_intr_callback_unregister");
    guard_synchronize();
    return eal(handle, callback, argument);
}

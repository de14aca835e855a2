// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/front.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 256u

// What stands in rte_eth_fp_ops in place of a driver's queue.
struct front_queue {
    uint16_t front;
    eth_rx_burst_t rx; // NULL: nothing behind
    eth_tx_burst_t tx;
    void *rx_queue, *tx_queue;
    uint64_t received, sent; // each written by the queue's worker only
};

struct front {
    unsigned n;
    struct front_queue queues[RTE_MAX_QUEUES_PER_PORT];
    void *pointers[RTE_MAX_QUEUES_PER_PORT];
    void *callbacks[RTE_MAX_QUEUES_PER_PORT]; // always NULL
};

// Odd while its thread is inside a burst.
struct section {
    uint64_t sequence;
} __attribute__((aligned(64)));

static struct front *fronts[RTE_MAX_ETHPORTS];
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
    // Sequentially consistent: no look at whether the peer is there may come before it.
    __atomic_store_n(&own_section->sequence, own_section->sequence + 1, __ATOMIC_SEQ_CST);
    return own_section;
}

static void leave(struct section *s)
{
    __atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

static uint16_t front_rx(void *queue, struct rte_mbuf **packets, uint16_t n)
{
    struct front_queue *q = queue;
    struct section *s = enter();
    eth_rx_burst_t rx = __atomic_load_n(&q->rx, __ATOMIC_ACQUIRE);
    uint16_t got = rx ? rx(q->rx_queue, packets, n) : 0;
    leave(s);
    for (uint16_t i = 0; i < got; i++)
        packets[i]->port = q->front;
    __atomic_store_n(&q->received, q->received + got, __ATOMIC_RELAXED);
    return got;
}

static uint16_t front_tx(void *queue, struct rte_mbuf **packets, uint16_t n)
{
    struct front_queue *q = queue;
    struct section *s = enter();
    eth_tx_burst_t tx = __atomic_load_n(&q->tx, __ATOMIC_ACQUIRE);
    uint16_t sent = tx ? tx(q->tx_queue, packets, n) : 0;
    leave(s);
    __atomic_store_n(&q->sent, q->sent + sent, __ATOMIC_RELAXED);
    return sent;
}

// DPDK numbers ethdevs from 0 on: fronts take the last numbers.
int front_open(unsigned index, unsigned n)
{
    uint16_t number = (uint16_t)(RTE_MAX_ETHPORTS - 1 - index);
    if (rte_eth_dev_is_valid_port(number) || fronts[number])
        return -EBUSY;
    struct front *f = calloc(1, sizeof(*f));
    if (!f)
        return -ENOMEM;
    f->n = n;
    for (unsigned k = 0; k < n; k++) {
        f->queues[k].front = number;
        f->pointers[k] = &f->queues[k];
    }
    fronts[number] = f;
    rte_eth_fp_ops[number] = (struct rte_eth_fp_ops){
        .rx_pkt_burst = front_rx,
        .tx_pkt_burst = front_tx,
        .rxq = {f->pointers, f->callbacks},
        .txq = {f->pointers, f->callbacks},
    };
    return number;
}

void front_close(uint16_t front)
{
    memset(&rte_eth_fp_ops[front], 0, sizeof(rte_eth_fp_ops[front]));
    free(fronts[front]);
    fronts[front] = NULL;
}

void front_attach(uint16_t front, uint16_t ethdev)
{
    const struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[ethdev];
    struct front *f = fronts[front];
    for (unsigned k = 0; k < f->n; k++) {
        f->queues[k].rx_queue = ops->rxq.data[k];
        f->queues[k].tx_queue = ops->txq.data[k];
        __atomic_store_n(&f->queues[k].rx, ops->rx_pkt_burst, __ATOMIC_RELEASE);
        __atomic_store_n(&f->queues[k].tx, ops->tx_pkt_burst, __ATOMIC_RELEASE);
    }
}

void front_detach(uint16_t front)
{
    struct front *f = fronts[front];
    for (unsigned k = 0; k < f->n; k++) {
        __atomic_store_n(&f->queues[k].rx, NULL, __ATOMIC_SEQ_CST);
        __atomic_store_n(&f->queues[k].tx, NULL, __ATOMIC_SEQ_CST);
    }
    front_synchronize();
}

void front_counts(uint16_t front, uint64_t *rx, uint64_t *tx)
{
    const struct front *f = fronts[front];
    *rx = *tx = 0;
    for (unsigned k = 0; k < f->n; k++) {
        *rx += __atomic_load_n(&f->queues[k].received, __ATOMIC_RELAXED);
        *tx += __atomic_load_n(&f->queues[k].sent, __ATOMIC_RELAXED);
    }
}

void front_synchronize(void)
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
    front_synchronize();
    return eal(handle, callback, argument);
}

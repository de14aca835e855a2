// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/receive.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

#define HOLD_TURNS 4u // in a row: other workers' errands may keep the backlog up for ever

static void drop(struct worker *w, struct rte_mbuf *m, enum counter why)
{
    count(w, why);
    rte_pktmbuf_free(m);
}

static inline uint32_t stage(struct worker *w, struct rte_mbuf *m, enum errand e)
{
    if (unlikely(m->nb_segs != 1)) {
        drop(w, m, CTR_rx_multi_segment);
        return TENANT_MISC;
    }
    uint32_t tenant = classify(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
    if (e == ERRAND_PACKET) // a delegated one keeps the time at which it arrived
        m->hash.usr = (uint32_t)(w->now_tsc >> 10);
    if (unlikely(!scheduler_stage(&w->scheduler, tenant, errand_tag(m, e), w->now_tsc)))
        drop(w, m, CTR_staging_full);
    return tenant;
}

void receive_stage(struct worker *w, struct rte_mbuf *m, enum errand e)
{
    stage(w, m, e);
}

// Packets per tenant of one receive pass, to split its cost by.
struct split {
    uint64_t tenants; // bit set
    uint16_t packets[SCHEDULER_TENANTS];
};

static unsigned receive_queue(struct worker *w, const struct port_queue *q, struct split *split,
                              uint64_t *stamp)
{
    struct rte_mbuf *burst[WORKER_BURST];
    uint64_t bytes = 0;
    uint16_t n = rte_eth_rx_burst(q->ethdev, q->queue, burst, WORKER_BURST);

    if (n == 0)
        return 0;
    for (uint16_t i = 0; i < n; i++)
        rte_prefetch0(rte_pktmbuf_mtod(burst[i], void *));
    worker_book(w, STAGE_RECEIVE, stamp);
    for (uint16_t i = 0; i < n; i++) {
        bytes += burst[i]->pkt_len;
        uint32_t tenant = stage(w, burst[i], ERRAND_PACKET);
        if (!(split->tenants & 1ull << tenant))
            split->packets[tenant] = 0;
        split->tenants |= 1ull << tenant;
        split->packets[tenant]++;
    }
    w->counters[CTR_rx_packets] += n;
    w->counters[CTR_rx_bytes] += bytes;
    worker_book(w, STAGE_CLASSIFY, stamp);
    return n;
}

static void charge_split(struct worker *w, const struct split *split, unsigned total, uint64_t cycles)
{
    uint64_t each = cycles / total;

    for (uint64_t set = split->tenants; set; set &= set - 1) {
        uint32_t t = (uint32_t)__builtin_ctzll(set);
        scheduler_charge(&w->scheduler, t, each * split->packets[t]);
    }
}

unsigned receive(struct worker *w, uint64_t *stamp)
{
    struct split split = {.tenants = 0};
    uint64_t start = *stamp;
    unsigned total = 0;

    if (scheduler_hold_receive(&w->scheduler) && w->held++ < HOLD_TURNS)
        return 0;
    w->held = 0;
    for (unsigned i = 0; i < w->node->n_ports; i++) {
        const struct port *port = &w->node->ports[i];
        if (w->id >= port->n_queues)
            continue;
        for (unsigned k = 0; k < WORKER_RECEIVES; k++) {
            unsigned n = receive_queue(w, &port->queues[w->id], &split, stamp);
            total += n;
            if (n < WORKER_BURST)
                break;
        }
    }
    if (total)
        charge_split(w, &split, total, *stamp - start);
    return total;
}

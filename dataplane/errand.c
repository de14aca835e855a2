// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/errand.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_ring.h>
#include <stdio.h>

#include "dataplane/journey.h"
#include "dataplane/neighbours.h"
#include "dataplane/receive.h"
#include "dataplane/transmit.h"

int errand_rings_create(struct node *node, char *err, size_t err_len)
{
    for (unsigned from = 0; from < node->n_workers; from++)
        for (unsigned to = 0; to < node->n_workers; to++) {
            char name[RTE_RING_NAMESIZE + 8]; // the numbers are below 64
            if (from == to)
                continue;
            snprintf(name, sizeof(name), "errands_%u_%u", from, to);
            node->rings[from][to] = rte_ring_create(
                name, WORKER_RING_SIZE, (int)rte_lcore_to_socket_id(to + 1), RING_F_SP_ENQ | RING_F_SC_DEQ);
            if (!node->rings[from][to]) {
                snprintf(err, err_len, "ring between workers %u and %u: %s; free some memory", from, to,
                         rte_strerror(rte_errno));
                return -1;
            }
        }
    return 0;
}

void errand_rings_destroy(struct node *node)
{
    for (unsigned from = 0; from < node->n_workers; from++)
        for (unsigned to = 0; to < node->n_workers; to++) {
            rte_ring_free(node->rings[from][to]);
            node->rings[from][to] = NULL;
        }
}

bool errand_send(struct worker *w, unsigned to, struct rte_mbuf *m, enum errand e)
{
    return rte_ring_sp_enqueue(w->node->rings[w->id][to], (void *)errand_tag(m, e)) == 0;
}

void errand_send_surely(struct worker *w, unsigned to, struct rte_mbuf *m, enum errand e)
{
    if (errand_send(w, to, m, e))
        return;
    struct journey *j = journey_of(m);
    j->parked = w->parked;
    j->parked_to = (uint8_t)to;
    j->parked_errand = (uint8_t)e;
    w->parked = m;
}

// A bounded number of those that are waiting; the rest keep their places behind.
static void retry_parked(struct worker *w)
{
    struct rte_mbuf *list = w->parked;

    w->parked = NULL;
    for (unsigned n = 0; list && n < WORKER_RING_BURST; n++) {
        struct journey *j = journey_of(list);
        struct rte_mbuf *next = j->parked;
        errand_send_surely(w, j->parked_to, list, (enum errand)j->parked_errand);
        list = next;
    }
    if (!w->parked) {
        w->parked = list;
        return;
    }
    struct rte_mbuf *last = w->parked;
    while (journey_of(last)->parked)
        last = journey_of(last)->parked;
    journey_of(last)->parked = list;
}

static void run_errand(struct worker *w, uintptr_t tagged)
{
    struct rte_mbuf *m = errand_packet(tagged);

    switch (errand_of(tagged)) {
    case ERRAND_DELEGATED:
        count(w, CTR_delegated_in);
        receive_stage(w, m, ERRAND_DELEGATED);
        break;
    case ERRAND_CONTINUE:
        count(w, CTR_delegated_in);
        if (!scheduler_stage(&w->scheduler, TENANT_DEFAULT, tagged, w->now_tsc))
            journey_continue(w, m); // under way: it may not be dropped any more
        break;
    case ERRAND_FINISH:
        journey_finish(w, m);
        break;
    case ERRAND_TRANSMIT:
        transmit(w, m);
        break;
    case ERRAND_NEIGHBOUR:
        neighbours_input(w, m);
        break;
    default:
        rte_panic("errand %lu is none\n", (unsigned long)(tagged & ERRAND_MASK));
    }
}

unsigned errand_receive(struct worker *w)
{
    void *errands[WORKER_RING_BURST];
    unsigned total = 0;

    if (w->parked)
        retry_parked(w);
    for (unsigned from = 0; from < w->node->n_workers; from++) {
        if (from == w->id)
            continue;
        unsigned n = rte_ring_sc_dequeue_burst(w->node->rings[from][w->id], errands, WORKER_RING_BURST, NULL);
        for (unsigned i = 0; i < n; i++)
            run_errand(w, (uintptr_t)errands[i]);
        total += n;
    }
    return total;
}

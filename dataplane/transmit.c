// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transmit.h"

#include <rte_ethdev.h>

#include "dataplane/errand.h"

#define TX_TRIES 4u

static void send_burst(struct worker *w, const struct port *port, struct tx_buffer *tx)
{
    const struct port_queue *q = &port->queues[w->id];
    uint16_t sent = 0;
    uint64_t bytes = tx->bytes;

    for (unsigned tries = 0; tries < TX_TRIES && sent < tx->n; tries++)
        sent += rte_eth_tx_burst(q->ethdev, q->queue, tx->packets + sent, tx->n - sent);
    for (uint16_t i = sent; i < tx->n; i++)
        bytes -= tx->packets[i]->pkt_len;
    w->counters[CTR_tx_packets] += sent;
    w->counters[CTR_tx_bytes] += bytes;
    if (sent < tx->n) {
        w->counters[CTR_tx_ring_full] += tx->n - sent;
        rte_pktmbuf_free_bulk(tx->packets + sent, tx->n - sent);
    }
    tx->n = 0;
    tx->bytes = 0;
}

void transmit(struct worker *w, struct rte_mbuf *m)
{
    unsigned index = w->node->port_of_ethdev[m->port];
    const struct port *port = &w->node->ports[index];
    struct tx_buffer *tx = &w->tx[index];

    if (unlikely(w->id >= port->n_queues)) {
        if (!errand_send(w, w->id % port->n_queues, m, ERRAND_TRANSMIT)) {
            count(w, CTR_worker_ring_full);
            rte_pktmbuf_free(m);
        }
        return;
    }
    tx->packets[tx->n++] = m;
    tx->bytes += m->pkt_len;
    if (tx->n == WORKER_TX_BUFFER)
        send_burst(w, port, tx);
}

void transmit_answer(struct worker *w, struct rte_mbuf *m, uint32_t len)
{
    if (len == 0) {
        rte_pktmbuf_free(m);
        return;
    }
    m->ol_flags = 0;
    m->data_len = (uint16_t)len;
    m->pkt_len = len;
    transmit(w, m);
}

void transmit_flush(struct worker *w)
{
    for (unsigned i = 0; i < w->node->n_ports; i++)
        if (w->tx[i].n)
            send_burst(w, &w->node->ports[i], &w->tx[i]);
}

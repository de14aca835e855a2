// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/neighbours.h"

#include <rte_malloc.h>
#include <stdio.h>

#include "dataplane/errand.h"
#include "dataplane/transmit.h"

#define FRAMES_PER_TICK 8u

static int add_static_entries(struct neigh_table *t, const struct config_port *c, char *err, size_t err_len)
{
    for (unsigned i = 0; i < c->neighbours_count; i++) {
        struct net_addr addr;
        struct rte_ether_addr mac;
        if (!net_addr_parse(c->neighbours[i].address, &addr) ||
            rte_ether_unformat_addr(c->neighbours[i].mac, &mac) != 0) {
            snprintf(err, err_len, "port %s: neighbour %s %s: not an address and a MAC", c->name,
                     c->neighbours[i].address, c->neighbours[i].mac);
            return -1;
        }
        if (!neigh_add_static(t, &addr, mac.addr_bytes)) {
            snprintf(err, err_len, "port %s: too many static neighbours like %s", c->name,
                     c->neighbours[i].address);
            return -1;
        }
    }
    return 0;
}

int neighbours_create(struct worker *w, char *err, size_t err_len)
{
    for (unsigned i = 0; i < w->node->n_ports; i++) {
        struct port *port = &w->node->ports[i];
        struct neigh_table *t = rte_zmalloc("neighbours", sizeof(*t), 0);
        if (!t) {
            snprintf(err, err_len, "port %s: no memory for the neighbour table", port->config->name);
            return -1;
        }
        w->neighbours[i] = t;
        neigh_init(t, &port->nif, w->steady_ms);
        if (add_static_entries(t, port->config, err, err_len))
            return -1;
    }
    return 0;
}

void neighbours_destroy(struct worker *w)
{
    for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++) {
        rte_free(w->neighbours[i]);
        w->neighbours[i] = NULL;
    }
}

void neighbours_input(struct worker *w, struct rte_mbuf *m)
{
    unsigned index = w->node->port_of_ethdev[m->port];
    struct net_packet packet;
    enum counter drop = COUNTER_NONE;
    uint32_t len = 0;

    if (w->id != 0) {
        if (!errand_send(w, 0, m, ERRAND_NEIGHBOUR)) {
            count(w, CTR_worker_ring_full);
            rte_pktmbuf_free(m);
        }
        return;
    }
    if (net_parse(&w->node->ports[index].nif, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, 0, &packet,
                  &drop) == NET_NEIGHBOUR)
        len = neigh_input(w->neighbours[index], &packet, m->data_len + rte_pktmbuf_tailroom(m), w->steady_ms,
                          &drop);
    w->neighbours_wake_ms = 0;
    count(w, drop);
    transmit_answer(w, m, len);
}

// Sends one due frame of the port. False when none is due before *wake_ms.
static bool send_due(struct worker *w, unsigned index, uint64_t *wake_ms)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

    if (!m) {
        count(w, CTR_no_buffer);
        *wake_ms = w->steady_ms + 1;
        return false;
    }
    uint32_t len = neigh_tick(w->neighbours[index], rte_pktmbuf_mtod(m, uint8_t *), w->steady_ms, wake_ms);
    if (len == 0) {
        rte_pktmbuf_free(m);
        return false;
    }
    rte_pktmbuf_append(m, (uint16_t)len);
    m->port = w->node->ports[index].queues[0].ethdev;
    transmit(w, m);
    return true;
}

void neighbours_tick(struct worker *w)
{
    uint64_t next = UINT64_MAX;

    if (w->id != 0 || w->steady_ms < w->neighbours_wake_ms)
        return;
    for (unsigned i = 0; i < w->node->n_ports; i++) {
        uint64_t wake = UINT64_MAX;
        unsigned sent = 0;
        while (sent < FRAMES_PER_TICK && send_due(w, i, &wake))
            sent++;
        if (sent == FRAMES_PER_TICK)
            wake = w->steady_ms; // there may be more
        if (wake < next)
            next = wake;
    }
    w->neighbours_wake_ms = next;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/buffers.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <stdio.h>

#include "dataplane/journey.h"
#include "drivers/pool.h"

#define POOL_CACHE     256u
#define SMALLEST_FRAME 2048u
#define BOOKKEEPING    128u // of the pool, per buffer: header, ring entry, alignment

static uint16_t private_room(void)
{
    return RTE_ALIGN(sizeof(struct journey), RTE_MBUF_PRIV_ALIGN);
}

uint16_t buffers_room(const struct config *c)
{
    uint32_t mtu = 0;

    for (unsigned i = 0; i < c->ports_count; i++)
        if (c->ports[i].mtu > mtu)
            mtu = c->ports[i].mtu;
    uint32_t frame = mtu + RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN;
    if (frame < SMALLEST_FRAME)
        frame = SMALLEST_FRAME;
    return (uint16_t)(RTE_PKTMBUF_HEADROOM + RTE_ALIGN(frame, 64));
}

uint64_t buffers_bytes(const struct config *c)
{
    uint64_t each = sizeof(struct rte_mbuf) + private_room() + buffers_room(c) + BOOKKEEPING;
    return each * c->buffers;
}

static bool any_dma(const struct config *c)
{
    for (unsigned i = 0; i < c->ports_count; i++)
        if (c->ports[i].driver == CONFIG_PCI)
            return true;
    return false;
}

int buffers_create(struct node *node, struct startup_report *report)
{
    const struct config *c = node->config;

    for (unsigned k = 0; k < node->n_workers; k++) {
        char name[32];
        snprintf(name, sizeof(name), "packets_%u", k);
        node->pools[k] = pool_create(name, c->buffers, POOL_CACHE, private_room(), buffers_room(c),
                                     (int)rte_lcore_to_socket_id(k + 1), any_dma(c));
        if (!node->pools[k]) {
            snprintf(report->error, sizeof(report->error),
                     "%u packet buffers for worker %u: %s; lower `buffers`, or free memory", c->buffers, k,
                     rte_strerror(rte_errno));
            buffers_destroy(node);
            return -1;
        }
    }
    snprintf(report->detail, sizeof(report->detail), "%u of %u bytes per worker", c->buffers,
             buffers_room(c));
    return 0;
}

void buffers_destroy(struct node *node)
{
    for (unsigned k = 0; k < CONFIG_WORKERS_MAX; k++) {
        rte_mempool_free(node->pools[k]);
        node->pools[k] = NULL;
    }
}

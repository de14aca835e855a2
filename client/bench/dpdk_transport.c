// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/dpdk_transport.h"

#include <string.h>

#include "client/bench/dpdk_port.h"
#include "client/bench/frame.h"

static struct frame_addresses addresses(const struct dpdk_port *p)
{
    struct frame_addresses a = {
        .source_ip = p->ip, .destination_ip = p->peer_ip, .source_port = DPDK_SOURCE_PORT};

    memcpy(a.source_mac, p->mac.addr_bytes, 6);
    memcpy(a.destination_mac, p->peer_mac.addr_bytes, 6);
    return a;
}

static enum godwit_status send_all(struct godwit *g)
{
    struct dpdk_port *p = g->transport_context;
    struct frame_addresses a = addresses(p);
    struct rte_mbuf *packets[DPDK_BURST];
    struct engine_datagram d;
    uint16_t n;

    do {
        uint64_t now = client_now();
        for (n = 0; n < DPDK_BURST; n++) {
            struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
            if (!m)
                break;
            uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
            if (!engine_transmit(g->engine, now, frame + FRAME_HEADERS, &d)) {
                rte_pktmbuf_free(m);
                break;
            }
            frame_headers(frame, &a, d.port, d.length);
            m->data_len = (uint16_t)(FRAME_HEADERS + d.length);
            m->pkt_len = m->data_len;
            packets[n] = m;
        }
        dpdk_send(p, packets, n);
    } while (n == DPDK_BURST);
    return GODWIT_OK;
}

static enum godwit_status receive_all(struct godwit *g,
                                      void (*take)(struct godwit *g, const uint8_t *data, uint32_t length))
{
    struct dpdk_port *p = g->transport_context;
    struct rte_mbuf *packets[DPDK_BURST];
    uint16_t n = dpdk_receive(p, packets, DPDK_BURST);

    for (uint16_t i = 0; i < n; i++) {
        uint32_t length;
        const uint8_t *data = dpdk_datagram(packets[i], &length);
        if (length)
            take(g, data, length);
        rte_pktmbuf_free(packets[i]);
    }
    return GODWIT_OK;
}

const struct client_transport dpdk_transport = {.send = send_all, .receive = receive_all};

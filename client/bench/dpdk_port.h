// SPDX-License-Identifier: BSD-3-Clause
// A DPDK port of the load generator's own: memif, virtio-user or vhost to the appliance's socket. Polled by
// the thread that opened it.
#ifndef GODWIT_CLIENT_BENCH_DPDK_PORT_H
#define GODWIT_CLIENT_BENCH_DPDK_PORT_H

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdbool.h>

#include "client/bench/options.h"

#define DPDK_BURST        32u
#define DPDK_HEADERS      42u   // Ethernet, IPv4, UDP
#define DPDK_DATAGRAM_MAX 1472u // fits 1500 bytes of IPv4
#define DPDK_SOURCE_PORT  40960u

struct dpdk_port {
    uint16_t id;
    struct rte_mempool *pool;
    struct rte_ether_addr mac, peer_mac;
    uint32_t ip, peer_ip; // network order
    char name[32];        // "memif" ...
};

// Starts DPDK on the chosen core, opens the port, waits for its link and finds the peer's Ethernet address.
// False, having said cause and remedy on standard error.
bool dpdk_open(struct dpdk_port *p, const struct bench_options *o);
void dpdk_close(struct dpdk_port *p);

// Receives at most room packets that carry UDP from the peer; answers ARP, frees everything else.
uint16_t dpdk_receive(struct dpdk_port *p, struct rte_mbuf **packets, uint16_t room);
// Sends n packets; those the ring does not take within a bounded number of attempts are freed, as a wire
// would lose them.
void dpdk_send(struct dpdk_port *p, struct rte_mbuf **packets, uint16_t n);

// The UDP datagram in a packet of dpdk_receive. Length 0 when its lengths contradict each other.
static inline const uint8_t *dpdk_datagram(const struct rte_mbuf *m, uint32_t *length)
{
    const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
    uint32_t udp = (uint32_t)frame[38] << 8 | frame[39];

    *length = udp >= 8 && udp + 34 <= m->data_len ? udp - 8 : 0;
    return frame + DPDK_HEADERS;
}

#endif

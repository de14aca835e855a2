// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/dpdk_port.h"

#include <arpa/inet.h>
#include <rte_arp.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <stdio.h>
#include <string.h>

#include "client/bench/dpdk_eal.h"

#define POOL_SIZE     16383u
#define POOL_CACHE    256u
#define DESCRIPTORS   1024u
#define SEND_ATTEMPTS 64u
#define LINK_SECONDS  20u
#define ARP_ATTEMPTS  50u // 100 ms each

static bool fail(const char *what, const char *remedy)
{
    fprintf(stderr, "godwit-bench: %s: %s; %s\n", what, rte_strerror(rte_errno), remedy);
    return false;
}

// The socket's owner must be there first, except of vhost, which owns it itself.
static void device_arguments(const struct bench_options *o, char *name, char *arguments, size_t len)
{
    const char *socket = strchr(o->dpdk, ':') + 1;

    if (strncmp(o->dpdk, "memif:", 6) == 0) {
        strcpy(name, "net_memif0");
        // Not zero-copy: the appliance would read from all over the packet pool instead of from a ring that
        // stays in the caches, and run slower for it.
        snprintf(arguments, len, "role=client,id=0,socket=%s,socket-abstract=no,bsize=2048,rsize=10", socket);
    } else if (strncmp(o->dpdk, "vhost:", 6) == 0) {
        strcpy(name, "net_vhost0");
        snprintf(arguments, len, "iface=%s,queues=1,client=0", socket);
    } else {
        strcpy(name, "net_virtio_user0");
        snprintf(arguments, len, "path=%s,queues=1,queue_size=%u", socket, DESCRIPTORS);
    }
}

static bool make_device(struct dpdk_port *p, const struct bench_options *o)
{
    char name[32], arguments[300];

    device_arguments(o, name, arguments, sizeof(arguments));
    snprintf(p->name, sizeof(p->name), "%.*s", (int)strcspn(o->dpdk, ":"), o->dpdk);
    if (rte_eal_hotplug_add("vdev", name, arguments) != 0 || rte_eth_dev_get_port_by_name(name, &p->id) != 0)
        return fail(o->dpdk, "is the appliance listening on that socket?");
    p->pool = rte_pktmbuf_pool_create("packets", POOL_SIZE, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                      SOCKET_ID_ANY);
    return p->pool != NULL || fail("packet buffers", "free some hugepages");
}

static bool start_device(struct dpdk_port *p)
{
    struct rte_eth_conf conf = {0};

    if (rte_eth_dev_configure(p->id, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(p->id, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, p->pool) != 0 ||
        rte_eth_tx_queue_setup(p->id, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) != 0 ||
        rte_eth_dev_start(p->id) != 0 || rte_eth_macaddr_get(p->id, &p->mac) != 0)
        return fail("starting the port", "is the appliance listening on that socket?");
    return true;
}

static bool wait_for_link(struct dpdk_port *p)
{
    struct rte_eth_link link;

    for (unsigned i = 0; i < LINK_SECONDS * 100; i++) {
        if (rte_eth_link_get_nowait(p->id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP)
            return true;
        rte_delay_us_sleep(10000);
    }
    fprintf(stderr,
            "godwit-bench: %s: nobody connects; does the appliance use the other end of the socket?\n",
            p->name);
    return false;
}

static bool take_addresses(struct dpdk_port *p, const struct bench_options *o)
{
    if (inet_pton(AF_INET, o->to, &p->peer_ip) != 1) {
        fprintf(stderr, "godwit-bench: --to \"%s\": with --dpdk an IPv4 address is accepted\n", o->to);
        return false;
    }
    if (!o->local_ip)
        p->ip = (p->peer_ip & htonl(0xffffff00)) | htonl(1);
    else if (inet_pton(AF_INET, o->local_ip, &p->ip) != 1) {
        fprintf(stderr, "godwit-bench: --local-ip \"%s\": an IPv4 address is accepted\n", o->local_ip);
        return false;
    }
    if (o->peer_mac && rte_ether_unformat_addr(o->peer_mac, &p->peer_mac) != 0) {
        fprintf(stderr, "godwit-bench: --peer-mac \"%s\": accepted is the form 02:00:00:00:00:01\n",
                o->peer_mac);
        return false;
    }
    return true;
}

static void send_arp(struct dpdk_port *p, uint16_t opcode, const struct rte_ether_addr *to,
                     const struct rte_ether_addr *target_mac, uint32_t target_ip)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);

    if (!m)
        return;
    struct rte_ether_hdr *eth = (void *)rte_pktmbuf_append(m, 60);
    memset(eth, 0, 60);
    eth->dst_addr = *to;
    eth->src_addr = p->mac;
    eth->ether_type = htons(RTE_ETHER_TYPE_ARP);
    struct rte_arp_hdr *arp = (void *)(eth + 1);
    arp->arp_hardware = htons(RTE_ARP_HRD_ETHER);
    arp->arp_protocol = htons(RTE_ETHER_TYPE_IPV4);
    arp->arp_hlen = RTE_ETHER_ADDR_LEN;
    arp->arp_plen = 4;
    arp->arp_opcode = htons(opcode);
    arp->arp_data.arp_sha = p->mac;
    arp->arp_data.arp_sip = p->ip;
    arp->arp_data.arp_tha = *target_mac;
    arp->arp_data.arp_tip = target_ip;
    dpdk_send(p, &m, 1);
}

static void take_arp(struct dpdk_port *p, const struct rte_mbuf *m)
{
    const struct rte_arp_hdr *arp = rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, RTE_ETHER_HDR_LEN);

    if (m->data_len < RTE_ETHER_HDR_LEN + sizeof(*arp))
        return;
    struct rte_ether_addr sender = arp->arp_data.arp_sha;
    if (arp->arp_opcode == htons(RTE_ARP_OP_REQUEST) && arp->arp_data.arp_tip == p->ip)
        send_arp(p, RTE_ARP_OP_REPLY, &sender, &sender, arp->arp_data.arp_sip);
    if (arp->arp_data.arp_sip == p->peer_ip)
        p->peer_mac = sender;
}

// IPv4 without options, not a fragment, UDP, from the peer to our port.
static bool is_ours(const struct dpdk_port *p, const struct rte_mbuf *m)
{
    const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
    uint32_t source;

    if (m->data_len < DPDK_HEADERS || frame[12] != 0x08 || frame[13] != 0x00 || frame[14] != 0x45 ||
        (frame[20] & 0x3f) || frame[21] || frame[23] != IPPROTO_UDP)
        return false;
    memcpy(&source, frame + 26, sizeof(source));
    return source == p->peer_ip && frame[36] == DPDK_SOURCE_PORT >> 8 &&
           frame[37] == (DPDK_SOURCE_PORT & 0xff);
}

uint16_t dpdk_receive(struct dpdk_port *p, struct rte_mbuf **packets, uint16_t room)
{
    uint16_t n = rte_eth_rx_burst(p->id, 0, packets, room), kept = 0;

    for (uint16_t i = 0; i < n; i++) {
        rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
        rte_prefetch0(rte_pktmbuf_mtod_offset(packets[i], void *, RTE_CACHE_LINE_SIZE));
    }
    for (uint16_t i = 0; i < n; i++) {
        if (is_ours(p, packets[i])) {
            packets[kept++] = packets[i];
            continue;
        }
        const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(packets[i], const struct rte_ether_hdr *);
        if (eth->ether_type == htons(RTE_ETHER_TYPE_ARP))
            take_arp(p, packets[i]);
        rte_pktmbuf_free(packets[i]);
    }
    return kept;
}

void dpdk_send(struct dpdk_port *p, struct rte_mbuf **packets, uint16_t n)
{
    uint16_t sent = 0;

    for (unsigned i = 0; sent < n && i < SEND_ATTEMPTS; i++)
        sent += rte_eth_tx_burst(p->id, 0, packets + sent, n - sent);
    if (sent < n)
        rte_pktmbuf_free_bulk(packets + sent, n - sent);
}

static bool find_peer(struct dpdk_port *p)
{
    static const struct rte_ether_addr broadcast = {.addr_bytes = {255, 255, 255, 255, 255, 255}}, none;
    struct rte_mbuf *packets[DPDK_BURST];

    for (unsigned i = 0; i < ARP_ATTEMPTS; i++) {
        send_arp(p, RTE_ARP_OP_REQUEST, &broadcast, &none, p->peer_ip);
        for (unsigned k = 0; k < 100; k++) {
            uint16_t n = dpdk_receive(p, packets, DPDK_BURST);
            rte_pktmbuf_free_bulk(packets, n);
            if (!rte_is_zero_ether_addr(&p->peer_mac))
                return true;
            rte_delay_us_sleep(1000);
        }
    }
    fprintf(stderr, "godwit-bench: no answer to ARP on %s; check --to and --local-ip, or give --peer-mac\n",
            p->name);
    return false;
}

bool dpdk_open(struct dpdk_port *p, const struct bench_options *o)
{
    memset(p, 0, sizeof(*p));
    if (!take_addresses(p, o) || !dpdk_start(o) || !make_device(p, o) || !start_device(p) ||
        !wait_for_link(p))
        return false;
    return !rte_is_zero_ether_addr(&p->peer_mac) || find_peer(p);
}

void dpdk_close(struct dpdk_port *p)
{
    rte_eth_dev_stop(p->id);
    rte_eth_dev_close(p->id);
    rte_eal_cleanup();
}

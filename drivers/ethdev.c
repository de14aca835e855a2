// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/ethdev.h"

#include <rte_ethdev.h>
#include <string.h>

#include "drivers/rss.h"

#define RX_CSUM             (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define FRAME_OVERHEAD      (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

#define DESCRIPTORS_DEFAULT 1024u // per ring, where the driver table says nothing

// How many of the wanted queues the device has, or -1 when the configuration insists on more.
static int choose_queues(const struct port *p, const struct rte_eth_dev_info *info, unsigned wanted,
                         char *err, size_t err_len)
{
    unsigned max = RTE_MIN(info->max_rx_queues, info->max_tx_queues);
    if (p->config->queues > max && wanted > max)
        return driver_error(p->config, err, err_len, "%u queues wanted, the device has %u; set queues: %u",
                            p->config->queues, max, max);
    return (int)RTE_MIN(wanted, max);
}

static int check_sizes(const struct port *p, const struct rte_eth_dev_info *info, struct rte_mempool *pool,
                       char *err, size_t err_len)
{
    const struct config_port *c = p->config;
    unsigned room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
    if (c->mtu > info->max_mtu)
        return driver_error(c, err, err_len, "MTU %u, the device takes at most %u; set mtu: %u", c->mtu,
                            info->max_mtu, info->max_mtu);
    if (c->mtu + FRAME_OVERHEAD > room)
        return driver_error(c, err, err_len,
                            "MTU %u does not fit packet buffers of %u bytes; set mtu: %u or less", c->mtu,
                            room, room - FRAME_OVERHEAD);
    return 0;
}

static void choose_offloads(struct port *p, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
    if ((info->rx_offload_capa & RX_CSUM) == RX_CSUM) {
        conf->rxmode.offloads |= RX_CSUM;
        p->rx_csum = true;
    } else {
        port_fact(p, "received checksums verified in software");
    }
    p->tx_ip_csum = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
    p->tx_udp_csum = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
    conf->txmode.offloads |= p->tx_ip_csum ? RTE_ETH_TX_OFFLOAD_IPV4_CKSUM : 0;
    conf->txmode.offloads |= p->tx_udp_csum ? RTE_ETH_TX_OFFLOAD_UDP_CKSUM : 0;
    if (!p->tx_udp_csum)
        port_fact(p, "sent UDP checksums computed in software");
}

static int setup_queues(struct port *p, const struct port_driver *d, uint16_t ethdev, unsigned n,
                        const struct rte_eth_conf *conf, struct rte_mempool *const *pools)
{
    struct rte_eth_dev_info info;
    int rc = rte_eth_dev_info_get(ethdev, &info);
    uint16_t rxd = d->descriptors ? d->descriptors : DESCRIPTORS_DEFAULT, txd = rxd;
    int socket = rte_eth_dev_socket_id(ethdev);
    if (rc == 0)
        rc = rte_eth_dev_adjust_nb_rx_tx_desc(ethdev, &rxd, &txd);
    struct rte_eth_rxconf rxconf = info.default_rxconf;
    struct rte_eth_txconf txconf = info.default_txconf;
    rxconf.offloads = conf->rxmode.offloads;
    txconf.offloads = conf->txmode.offloads;
    for (uint16_t q = 0; rc == 0 && q < n; q++) {
        rc = rte_eth_rx_queue_setup(ethdev, q, rxd, (unsigned)socket, &rxconf, pools[q]);
        if (rc == 0)
            rc = rte_eth_tx_queue_setup(ethdev, q, txd, (unsigned)socket, &txconf);
        p->queues[p->n_queues + q] = (struct port_queue){ethdev, q};
    }
    return rc;
}

static int set_mac(struct port *p, const struct port_driver *d, uint16_t ethdev, char *err, size_t err_len)
{
    struct rte_ether_addr mac;
    const struct config_port *c = p->config;
    if (!c->mac) {
        if (rte_is_zero_ether_addr((struct rte_ether_addr *)p->nif.mac)) {
            rte_eth_macaddr_get(ethdev, &mac);
            if (d->separate_mac) { // the kernel's end keeps the ethdev's address: ours is its neighbour
                mac.addr_bytes[0] = (uint8_t)((mac.addr_bytes[0] | RTE_ETHER_LOCAL_ADMIN_ADDR) & 0xfe);
                mac.addr_bytes[5] ^= 1;
            }
            memcpy(p->nif.mac, mac.addr_bytes, sizeof(p->nif.mac));
        }
        return 0;
    }
    if (rte_ether_unformat_addr(c->mac, &mac) < 0 || !rte_is_valid_assigned_ether_addr(&mac))
        return driver_error(c, err, err_len, "mac %s is not a unicast address like 02:00:00:00:00:01",
                            c->mac);
    memcpy(p->nif.mac, mac.addr_bytes, sizeof(p->nif.mac));
    if (!d->separate_mac && rte_eth_dev_default_mac_addr_set(ethdev, &mac) < 0) {
        rte_eth_promiscuous_enable(ethdev);
        port_fact(p, "own MAC by promiscuous mode: the device's cannot be changed");
    }
    return 0;
}

// Neighbour discovery and MLD come to multicast addresses. A driver that can do neither has no filter.
static void accept_multicast(uint16_t ethdev)
{
    if (rte_eth_allmulticast_enable(ethdev) < 0)
        rte_eth_promiscuous_enable(ethdev);
}

// Until a planner says otherwise, worker (and queue) g mod n owns native port group g.
static void steer_groups(struct port *p, uint16_t ethdev, unsigned n)
{
    uint8_t owner[NET_NATIVE_PORTS];
    for (unsigned g = 0; g < NET_NATIVE_PORTS; g++)
        owner[g] = (uint8_t)(g % n);
    rss_steer(p, ethdev, n, owner);
}

static int configure(struct port *p, const struct port_driver *d, uint16_t ethdev, unsigned n,
                     const struct rte_eth_dev_info *info, struct rte_mempool *const *pools)
{
    struct rte_eth_conf conf = {0};
    if (d->offloads) {
        choose_offloads(p, info, &conf);
        rss_configure(p, info, n, &conf);
    } else if (p->n_queues == 0) {
        port_fact(p, "checksums and steering in software: driver %s has neither", d->name);
    }
    if (p->config->mtu + RTE_ETHER_HDR_LEN <= info->max_rx_pktlen)
        conf.rxmode.mtu = p->config->mtu;
    int rc = rte_eth_dev_configure(ethdev, (uint16_t)n, (uint16_t)n, &conf);
    return rc < 0 ? rc : setup_queues(p, d, ethdev, n, &conf, pools);
}

int ethdev_start(struct port *p, const struct port_driver *d, uint16_t ethdev, unsigned wanted,
                 struct rte_mempool *const *pools, char *err, size_t err_len)
{
    struct rte_eth_dev_info info;
    int rc = rte_eth_dev_info_get(ethdev, &info);
    if (rc < 0)
        return driver_error(p->config, err, err_len, "device information: %s", rte_strerror(-rc));
    int n = choose_queues(p, &info, wanted, err, err_len);
    if (n < 0 || check_sizes(p, &info, pools[0], err, err_len) < 0)
        return -1;
    rc = configure(p, d, ethdev, (unsigned)n, &info, pools);
    if (rc == 0 && set_mac(p, d, ethdev, err, err_len) < 0)
        return -1;
    if (rc == 0)
        rc = rte_eth_dev_start(ethdev);
    if (rc < 0)
        return driver_error(p->config, err, err_len, "%s does not start: %s; %s",
                            p->config->device ? p->config->device : "device", rte_strerror(-rc), d->remedy);
    accept_multicast(ethdev);
    p->n_queues += (unsigned)n;
    if (d->offloads)
        steer_groups(p, ethdev, (unsigned)n);
    return 0;
}

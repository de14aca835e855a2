// SPDX-License-Identifier: BSD-3-Clause
// A port: one logical interface of the appliance, made of one or more DPDK ethdev ports and their queues,
// behind one small table of functions per driver. Opened at start-up on the main thread; queues are then
// polled by the workers.
#ifndef GODWIT_DRIVERS_PORT_H
#define GODWIT_DRIVERS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "dataplane/net/net.h"

struct rte_mempool;
typedef struct json_t json_t;

#define PORT_RSS_KEY_MAX 64u

// One pair of receive and transmit queues, used by one worker only. For rte_eth_rx_burst and rte_eth_tx_burst
// alone: where the peer is a process (memif, virtio_user) or a test (ring) ethdev is a stand-in that no other
// function knows. Packets received from it carry it in mbuf->port.
struct port_queue {
    uint16_t ethdev;
    uint16_t queue;
};

struct port {
    const struct config_port *config;
    unsigned index;
    unsigned n_ethdevs;
    uint16_t ethdevs[CONFIG_WORKERS_MAX];
    uint16_t front;       // what the workers poll in place of ethdevs[0]; 0: none
    uint64_t connect_tsc; // when the peer was last called
    struct rte_mempool *pools[CONFIG_WORKERS_MAX];
    uint64_t rx_dropped_before; // by the kernel's device, before the port was opened
    struct net_if nif;
    unsigned n_queues;
    struct port_queue queues[CONFIG_WORKERS_MAX]; // queue k belongs to worker k
    bool rx_csum; // the device verifies IP and UDP/TCP checksums (mbuf flags are meaningful)
    bool tx_udp_csum, tx_ip_csum;
    bool steering;                     // native requests reach the worker that owns their slot group by RSS
    uint8_t rss_key[PORT_RSS_KEY_MAX]; // the driver reads it when it starts
    char facts[512]; // what was chosen or is missing, for port show: "RSS in software: device has one queue;
                     // ..."
};

// What a port asks of DPDK's start-up beyond its arguments.
#define PORT_EAL_PCI         1u // the PCI bus (otherwise start with --no-pci, or every bound NIC is probed)
#define PORT_EAL_HUGEPAGES   2u // hugepages (device memory is addressed by DMA)
#define PORT_EAL_SINGLE_FILE 4u // --single-file-segments: memory is shared with the peer by few descriptors
unsigned port_eal_needs(const struct config_port *c);

// Device arguments that EAL needs before the port can be opened ("--allow=0000:...";
// virtual devices are added by port_open and need none): appends strings (malloc'd) to argv. queues: wanted.
// Returns how many, or -1 with cause and remedy in err (no such device, device down, MTU above what XDP on
// veth takes, driver not in this build, socket directory missing).
int port_eal_args(const struct config_port *c, unsigned index, unsigned queues, char **argv, int room,
                  char *err, size_t err_len);

// After rte_eal_init: ignores SIGPIPE for the process, finds the ethdevs of port index, configures queues for
// up to workers workers (fewer where the device cannot), pools[k] for queue k, offloads, RSS and RETA where
// the device has them, addresses; starts it. 0, or -1 with cause and remedy in err.
int port_open(struct port *p, const struct config_port *c, unsigned index, unsigned workers,
              struct rte_mempool *const *pools, char *err, size_t err_len);
// Stops and frees what port_open made. No worker may poll it any more.
void port_close(struct port *p);

// What the drivers of DPDK leave undone: connects a client of a peer process (virtio_user; memif with server:
// false and without zero_copy) again after the peer went away and came back. Call it about once a second from
// the thread that uses port_describe and port_close; workers may poll meanwhile. Returns true when it
// connected.
bool port_reconnect(struct port *p);

// Frames lost since the port was opened before any worker received them: no room in the queue, no buffer.
uint64_t port_rx_lost(const struct port *p);

// State for `port show`: driver, device, mac, mtu, link, addresses, queues, offloads, facts, ethdev
// statistics (rx, tx, missed, errors, no-mbuf). New reference.
json_t *port_describe(const struct port *p);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// Everything one dataplane process is made of. Built by start-up on the main thread; what workers share is
// read-only to them once they run (settings and clock excepted, which the housekeeping thread publishes).
#ifndef GODWIT_DATAPLANE_NODE_H
#define GODWIT_DATAPLANE_NODE_H

#include <rte_config.h>
#include <rte_ethdev.h>

#include "control/cluster/slot.h"
#include "control/config/config.h"
#include "dataplane/clock.h"
#include "dataplane/settings.h"
#include "dataplane/store/store.h"
#include "drivers/port.h"

struct worker;
struct rte_mempool;
struct rte_ring;
struct api_server;

struct node {
    const struct config *config;
    struct settings settings;
    struct clock_page clock;
    uint64_t tsc_hz;
    uint64_t started_ms; // CLOCK_MONOTONIC, when serving began
    uint32_t epoch;      // random, never 0: tells a client that the process is another one
    uint8_t hash_secret[STORE_SECRET_LEN];
    bool hugepages;
    unsigned n_workers, n_ports;
    struct worker *workers[CONFIG_WORKERS_MAX];
    struct rte_mempool *pools[CONFIG_WORKERS_MAX];
    struct rte_ring *rings[CONFIG_WORKERS_MAX][CONFIG_WORKERS_MAX]; // [from][to]
    struct port ports[CONFIG_PORTS_MAX];
    uint8_t port_of_ethdev[RTE_MAX_ETHPORTS];
    uint8_t owner[SLOT_COUNT]; // slot -> worker
    uint32_t map_epoch;
    struct api_server *endpoint;
    bool stop; // workers leave their loop
};

#endif

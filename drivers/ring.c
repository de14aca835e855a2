// SPDX-License-Identifier: BSD-3-Clause
// A port made of rings inside the process, for tests: what a test enqueues on ring "portI.rxK" the port
// receives on queue K, what the port sends on queue K arrives on "portI.txK" (I: index of the port;
// rte_ring_lookup finds them).
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_lcore.h>
#include <rte_ring.h>
#include <stdio.h>

#include "drivers/driver.h"

#define RING_SIZE 4096u

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    (void)c;
    (void)err;
    (void)err_len;
    return (int)queues;
}

static const char *ring_name(char name[static 32], unsigned index, const char *way, unsigned queue)
{
    snprintf(name, 32, "port%u.%s%u", index, way, queue);
    return name;
}

static void detach(unsigned index)
{
    char name[32];
    snprintf(name, sizeof(name), "net_ring_port%u", index);
    rte_eal_hotplug_remove("vdev", name);
    for (unsigned k = 0; k < CONFIG_WORKERS_MAX; k++) {
        rte_ring_free(rte_ring_lookup(ring_name(name, index, "rx", k)));
        rte_ring_free(rte_ring_lookup(ring_name(name, index, "tx", k)));
    }
}

static int attach(const struct config_port *c, unsigned index, unsigned n, char *err, size_t err_len)
{
    struct rte_ring *rx[CONFIG_WORKERS_MAX], *tx[CONFIG_WORKERS_MAX];
    char name[32];
    for (unsigned k = 0; k < n; k++) {
        unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ;
        rx[k] = rte_ring_create(ring_name(name, index, "rx", k), RING_SIZE, (int)rte_socket_id(), flags);
        tx[k] = rx[k]
                    ? rte_ring_create(ring_name(name, index, "tx", k), RING_SIZE, (int)rte_socket_id(), flags)
                    : NULL;
        if (!tx[k]) {
            int cause = rte_errno;
            detach(index);
            return driver_error(c, err, err_len, "ring %s: %s", name, rte_strerror(cause));
        }
    }
    snprintf(name, sizeof(name), "port%u", index);
    int ethdev = rte_eth_from_rings(name, rx, n, tx, n, rte_socket_id());
    if (ethdev < 0) {
        int cause = rte_errno;
        detach(index);
        return driver_error(c, err, err_len, "ring port: %s", rte_strerror(cause));
    }
    return ethdev;
}

const struct port_driver driver_ring = {
    .name = "ring",
    .fronted = true, // net_ring leaves mbuf->port as it was
    .library = "librte_net_ring.so.23",
    .remedy = "the rings take hugepage or ordinary memory: see 'memory_mb'",
    .check = check,
    .attach = attach,
    .detach = detach,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/port.h"

#include <dlfcn.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ethdev.h"
#include "drivers/front.h"
#include "drivers/netdev.h"
#include "drivers/pci.h"
#include "drivers/unix_path.h"

#define HANDSHAKE_SECONDS 3u

static unsigned wanted(const struct config_port *c, unsigned workers)
{
    return c->queues && c->queues < workers ? c->queues : workers;
}

// Loads the poll-mode driver, so that its absence has a name before DPDK starts.
static int load(const struct config_port *c, const struct port_driver *d, char *err, size_t err_len)
{
    if (d->library && !dlopen(d->library, RTLD_NOW))
        return driver_error(c, err, err_len,
                            "driver %s is not installed (%s); install DPDK 22.11's drivers: "
                            "apt-get install dpdk",
                            d->name, dlerror());
    return 0;
}

static int check(const struct config_port *c, unsigned workers, char *err, size_t err_len)
{
    if (c->device && strchr(c->device, ','))
        return driver_error(c, err, err_len, "device %s has a comma, which ends a DPDK argument; rename it",
                            c->device);
    if (!c->device && c->driver != CONFIG_RING)
        return driver_error(c, err, err_len, "driver %s needs 'device'", driver_of(c->driver)->name);
    return driver_of(c->driver)->check(c, wanted(c, workers), err, err_len);
}

unsigned port_eal_needs(const struct config_port *c)
{
    unsigned needs = driver_of(c->driver)->eal_needs;
    if (c->driver == CONFIG_MEMIF && !c->server && c->zero_copy)
        needs |= PORT_EAL_SINGLE_FILE;
    return needs;
}

int port_eal_args(const struct config_port *c, unsigned index, unsigned queues, char **argv, int room,
                  char *err, size_t err_len)
{
    (void)index;
    if (load(c, driver_of(c->driver), err, err_len) < 0 || check(c, queues, err, err_len) < 0)
        return -1;
    if (c->driver != CONFIG_PCI)
        return 0;
    if (pci_eal_args(c, argv, room) < 0)
        return driver_error(c, err, err_len, "no room for DPDK's arguments");
    return 1;
}

static void vdev_name(char out[static RTE_DEV_NAME_MAX_LEN], const struct port_driver *d, unsigned index,
                      unsigned k)
{
    snprintf(out, RTE_DEV_NAME_MAX_LEN, "net_%s_p%u_%u", d->name, index, k);
}

static int add_vdev(const struct config_port *c, const struct port_driver *d, unsigned index, unsigned first,
                    unsigned n, char *err, size_t err_len)
{
    char name[RTE_DEV_NAME_MAX_LEN], args[DRIVER_DEVARGS_MAX];
    uint16_t ethdev;
    vdev_name(name, d, index, first);
    d->devargs(c, first, n, args);
    int rc = rte_eal_hotplug_add("vdev", name, args);
    if (rc == 0)
        rc = rte_eth_dev_get_port_by_name(name, &ethdev);
    if (rc < 0)
        return driver_error(c, err, err_len, "DPDK cannot create the device (%s): %s; %s", args,
                            rte_strerror(-rc), d->remedy);
    return ethdev;
}

static int parse_address(const struct config_port *c, const char *what, const char *text,
                         struct net_addr *out, char *err, size_t err_len)
{
    if (net_addr_parse(text, out))
        return 0;
    return driver_error(c, err, err_len, "%s %s is not an address like 198.18.0.2/24 or 2001:db8::2/64", what,
                        text);
}

static int set_addresses(struct port *p, char *err, size_t err_len)
{
    const struct config_port *c = p->config;
    struct net_if *nif = &p->nif;
    nif->mtu = (uint16_t)c->mtu;
    for (unsigned i = 0; i < c->addresses_count && nif->n_addrs < 2 * NET_ADDRESSES_MAX; i++)
        if (parse_address(c, "address", c->addresses[i], &nif->addrs[nif->n_addrs++], err, err_len) < 0)
            return -1;
    nif->has_gateway4 = c->gateway;
    nif->has_gateway6 = c->gateway6;
    if (c->gateway && parse_address(c, "gateway", c->gateway, &nif->gateway4, err, err_len) < 0)
        return -1;
    return c->gateway6 ? parse_address(c, "gateway6", c->gateway6, &nif->gateway6, err, err_len) : 0;
}

static int start_ethdev(struct port *p, unsigned n, char *err, size_t err_len)
{
    const struct port_driver *d = driver_of(p->config->driver);
    unsigned first = p->n_queues;
    int ethdev = d->attach ? d->attach(p->config, p->index, n, err, err_len)
                           : add_vdev(p->config, d, p->index, first, n, err, err_len);
    if (ethdev < 0)
        return -1;
    p->ethdevs[p->n_ethdevs++] = (uint16_t)ethdev;
    return ethdev_start(p, d, (uint16_t)ethdev, n, p->pools + first, err, err_len);
}

static void close_ethdevs(struct port *p)
{
    const struct port_driver *d = driver_of(p->config->driver);
    for (unsigned i = 0; i < p->n_ethdevs; i++) {
        char name[RTE_DEV_NAME_MAX_LEN];
        rte_eth_dev_stop(p->ethdevs[i]);
        rte_eth_dev_close(p->ethdevs[i]);
        if (d->devargs) {
            vdev_name(name, d, p->index, i);
            rte_eal_hotplug_remove("vdev", name);
        }
    }
    p->n_ethdevs = 0;
}

// Whether the port calls a peer, and can do so again in one process: DPDK's zero-copy memif client closes the
// descriptors of the shared memory once they were sent.
static bool calls_again(const struct config_port *c)
{
    return c->driver == CONFIG_VIRTIO_USER || (c->driver == CONFIG_MEMIF && !c->server && !c->zero_copy);
}

static int open_front(struct port *p, char *err, size_t err_len)
{
    int front = front_open(p->index, p->n_queues);
    if (front < 0)
        return driver_error(p->config, err, err_len,
                            "no room for another port (%s); configure fewer ports or queues",
                            strerror(-front));
    p->front = (uint16_t)front;
    for (unsigned k = 0; k < p->n_queues; k++)
        p->queues[k] = (struct port_queue){p->front, (uint16_t)k};
    front_attach(p->front, p->ethdevs[0]);
    return 0;
}

int port_open(struct port *p, const struct config_port *c, unsigned index, unsigned workers,
              struct rte_mempool *const *pools, char *err, size_t err_len)
{
    const struct port_driver *d = driver_of(c->driver);
    memset(p, 0, sizeof(*p));
    signal(SIGPIPE, SIG_IGN); // DPDK writes to sockets whose peer may be gone
    p->config = c;
    p->index = index;
    p->connect_tsc = rte_get_timer_cycles();
    memcpy(p->pools, pools, workers * sizeof(pools[0]));
    int n = check(c, workers, err, err_len);
    if (d->drops_in_kernel)
        p->rx_dropped_before = netdev_rx_dropped(c->device);
    int rc = n < 0 || set_addresses(p, err, err_len) < 0 ? -1 : 0;
    unsigned ethdevs = d->queue_per_ethdev ? (unsigned)n : 1;
    for (unsigned i = 0; rc == 0 && i < ethdevs; i++)
        rc = start_ethdev(p, d->queue_per_ethdev ? 1 : (unsigned)n, err, err_len);
    if (rc == 0 && d->fronted)
        rc = open_front(p, err, err_len);
    if (rc < 0) {
        port_close(p);
        return -1;
    }
    if (d->fronted && !c->server && c->zero_copy)
        port_fact(p, "zero-copy memif connects once: restart after the peer restarts");
    if (p->n_queues < workers) {
        p->steering = false; // some owners have no queue of their own
        port_fact(p, "%u queue%s for %u workers", p->n_queues, p->n_queues == 1 ? "" : "s", workers);
    }
    return 0;
}

void port_close(struct port *p)
{
    if (!p->config)
        return;
    const struct port_driver *d = driver_of(p->config->driver);
    bool attached = p->n_ethdevs > 0;
    close_ethdevs(p);
    if (d->detach && attached)
        d->detach(p->index);
    if (p->front)
        front_close(p->front);
    memset(p, 0, sizeof(*p));
}

// Or about to be: a memif server that is hung up on during the handshake does not survive it (DPDK 22.11).
static bool is_connected(const struct port *p)
{
    struct rte_eth_link link = {0};
    if (rte_get_timer_cycles() - p->connect_tsc < HANDSHAKE_SECONDS * rte_get_timer_hz())
        return true;
    return p->n_ethdevs > 0 && rte_eth_link_get_nowait(p->ethdevs[0], &link) == 0 && link.link_status;
}

// Works on a copy: workers read p->queues meanwhile.
bool port_reconnect(struct port *p)
{
    char err[256];
    if (!calls_again(p->config) || is_connected(p) || unix_path_connect(p->config, err, sizeof(err)) < 0)
        return false;
    front_detach(p->front);
    close_ethdevs(p);
    p->connect_tsc = rte_get_timer_cycles();
    struct port again = *p;
    again.n_queues = 0;
    bool connected =
        start_ethdev(&again, p->n_queues, err, sizeof(err)) == 0 && again.n_queues == p->n_queues;
    if (connected) {
        p->ethdevs[0] = again.ethdevs[0];
        p->n_ethdevs = 1;
        front_attach(p->front, p->ethdevs[0]);
    } else {
        close_ethdevs(&again); // the peer went again: next time
    }
    return connected;
}

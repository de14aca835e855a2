// SPDX-License-Identifier: BSD-3-Clause
// Opens the ports of a configuration file through drivers/port.h and sends every frame back with addresses
// and UDP ports swapped, as testpmd's 5tswap does: proves a port without the rest of the appliance.
//   port_echo --config FILE [--seconds N] [-- EAL ARGUMENT...]
#include <getopt.h>
#include <jansson.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drivers/pool.h"
#include "drivers/port.h"

#define BURST     32
#define ARGS_MAX  64
#define ETH_LEN   14u
#define IPV4_TYPE 0x0800
#define IPV6_TYPE 0x86dd
#define UDP_PROTO 17

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
    uint8_t kept[16];
    memcpy(kept, a, n);
    memcpy(a, b, n);
    memcpy(b, kept, n);
}

// Checksums are sums: a swap of what they cover leaves them right.
static void swap_frame(uint8_t *f, uint32_t len)
{
    uint32_t l4 = 0;
    if (len < ETH_LEN)
        return;
    swap(f, f + 6, 6);
    uint16_t type = (uint16_t)(f[12] << 8 | f[13]);
    if (type == IPV4_TYPE && len >= ETH_LEN + 20) {
        swap(f + ETH_LEN + 12, f + ETH_LEN + 16, 4);
        l4 = f[ETH_LEN + 9] == UDP_PROTO ? ETH_LEN + (f[ETH_LEN] & 15u) * 4 : 0;
    } else if (type == IPV6_TYPE && len >= ETH_LEN + 40) {
        swap(f + ETH_LEN + 8, f + ETH_LEN + 24, 16);
        l4 = f[ETH_LEN + 6] == UDP_PROTO ? ETH_LEN + 40 : 0;
    }
    if (l4 && len >= l4 + 8)
        swap(f + l4, f + l4 + 2, 2);
}

static void echo_queue(struct port_queue q)
{
    struct rte_mbuf *frames[BURST];
    uint16_t n = rte_eth_rx_burst(q.ethdev, q.queue, frames, BURST);
    for (uint16_t i = 0; i < n; i++)
        swap_frame(rte_pktmbuf_mtod(frames[i], uint8_t *), rte_pktmbuf_data_len(frames[i]));
    uint16_t sent = n ? rte_eth_tx_burst(q.ethdev, q.queue, frames, n) : 0;
    rte_pktmbuf_free_bulk(frames + sent, n - sent);
}

struct echo {
    struct port ports[CONFIG_PORTS_MAX];
    unsigned n;
};

static void *echo_thread(void *argument)
{
    const struct echo *e = argument;
    rte_thread_register();
    while (!stopping)
        for (unsigned i = 0; i < e->n; i++)
            for (unsigned k = 0; k < e->ports[i].n_queues; k++)
                echo_queue(e->ports[i].queues[k]);
    rte_thread_unregister();
    return NULL;
}

// One thread echoes; this one looks after the peers, as the appliance's housekeeping does.
static void echo(struct echo *e, unsigned seconds)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, echo_thread, e) != 0) {
        perror("port_echo: thread");
        return;
    }
    // By the clock: DPDK's TAP driver interrupts sleeps with a signal for every packet.
    for (time_t end = time(NULL) + seconds; !stopping && time(NULL) < end;) {
        usleep(100000);
        for (unsigned k = 0; k < e->n; k++)
            if (port_reconnect(&e->ports[k]))
                puts("reconnected");
    }
    stopping = 1;
    pthread_join(thread, NULL);
}

static int start_eal(const struct config *c, char **extra, int n_extra, char *err, size_t err_len)
{
    char *argv[ARGS_MAX] = {"port_echo", "--iova-mode=va", "--no-telemetry", "--log-level=error", "-m", "64"};
    int argc = 6;
    unsigned needs = 0;
    for (unsigned i = 0; i < c->ports_count; i++) {
        int n = port_eal_args(&c->ports[i], i, c->workers, argv + argc, ARGS_MAX - argc, err, err_len);
        if (n < 0)
            return -1;
        argc += n;
        needs |= port_eal_needs(&c->ports[i]);
    }
    if (!(needs & PORT_EAL_PCI))
        argv[argc++] = "--no-pci";
    if (needs & PORT_EAL_SINGLE_FILE)
        argv[argc++] = "--single-file-segments";
    bool huge = c->hugepages != CONFIG_HUGEPAGES_NEVER;
    argv[argc++] = huge ? "--in-memory" : "--no-huge"; // EAL refuses both together
    if (!huge)
        argv[argc++] = "--no-shconf";
    for (int i = 0; i < n_extra && argc < ARGS_MAX; i++)
        argv[argc++] = extra[i];
    if (rte_eal_init(argc, argv) >= 0)
        return 0;
    snprintf(err, err_len, "EAL: %s", rte_strerror(rte_errno));
    return -1;
}

static int open_ports(const struct config *c, struct port *ports, char *err, size_t err_len)
{
    struct rte_mempool *pools[CONFIG_WORKERS_MAX];
    for (unsigned k = 0; k < c->workers; k++) {
        char name[32];
        snprintf(name, sizeof(name), "buffers%u", k);
        pools[k] = pool_create(name, 8191, 128, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY,
                               c->ports[0].driver == CONFIG_PCI);
        if (!pools[k]) {
            snprintf(err, err_len, "packet buffers: %s", rte_strerror(rte_errno));
            return -1;
        }
    }
    for (unsigned i = 0; i < c->ports_count; i++)
        if (port_open(&ports[i], &c->ports[i], i, c->workers, pools, err, err_len) < 0)
            return -1;
    return 0;
}

static void print_ports(const struct port *ports, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        json_t *shown = port_describe(&ports[i]);
        json_dumpf(shown, stdout, JSON_COMPACT);
        puts("");
        json_decref(shown);
    }
    fflush(stdout);
}

static int run(const struct config *c, unsigned seconds, char **extra, int n_extra)
{
    static struct echo e;
    char err[512];
    e.n = c->ports_count;
    int rc = start_eal(c, extra, n_extra, err, sizeof(err));
    if (rc == 0)
        rc = open_ports(c, e.ports, err, sizeof(err));
    if (rc < 0) {
        fprintf(stderr, "port_echo: %s\n", err);
    } else {
        puts("ready");
        print_ports(e.ports, e.n);
        echo(&e, seconds);
        print_ports(e.ports, e.n);
    }
    for (unsigned i = 0; i < e.n; i++)
        port_close(&e.ports[i]);
    rte_eal_cleanup();
    return rc < 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 's'}, {NULL}};
    const char *path = NULL;
    unsigned seconds = 60;
    char err[512];
    for (int o; (o = getopt_long(argc, argv, "c:s:", options, NULL)) != -1;) {
        if (o == 'c')
            path = optarg;
        else if (o == 's')
            seconds = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (!path) {
        fprintf(stderr, "usage: port_echo --config FILE [--seconds N] [-- EAL ARGUMENT...]\n");
        return 2;
    }
    struct config *c = config_load(path, err, sizeof(err));
    if (!c) {
        fprintf(stderr, "port_echo: %s\n", err);
        return 1;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    int rc = run(c, seconds, argv + optind, argc - optind);
    config_free(c);
    return rc;
}

// SPDX-License-Identifier: BSD-3-Clause
// godwit-dataplane: the table of start-up steps, the workers, the end.
#include <errno.h>
#include <getopt.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/buffers.h"
#include "dataplane/eal.h"
#include "dataplane/endpoint.h"
#include "dataplane/errand.h"
#include "dataplane/hugepages.h"
#include "dataplane/startup.h"
#include "dataplane/worker.h"

static struct {
    const char *config_path;
    bool latency_first;
    struct config *config;
    struct node node;
    unsigned cores[CONFIG_WORKERS_MAX];
    int signal_fd;
} boot;

static int load_configuration(void *ctx, struct startup_report *r)
{
    (void)ctx;
    boot.config = config_load(boot.config_path, r->error, sizeof(r->error));
    if (!boot.config)
        return -1;
    if (boot.latency_first)
        config_force_latency_first(boot.config);
    boot.node.config = boot.config;
    boot.node.n_workers = boot.config->workers;
    snprintf(r->detail, sizeof(r->detail), "%s", boot.config_path);
    return 0;
}

static void free_configuration(void *ctx)
{
    (void)ctx;
    config_free(boot.config);
}

static int check_privileges(void *ctx, struct startup_report *r)
{
    (void)ctx;
    if (geteuid() != 0) {
        snprintf(r->error, sizeof(r->error),
                 "not root (uid %u); ports and huge pages need it: start it as root, or by the systemd unit",
                 geteuid());
        return -1;
    }
    return 0;
}

static int prepare_directories(void *ctx, struct startup_report *r)
{
    (void)ctx;
    if (mkdir(boot.config->run_dir, 0755) != 0 && errno != EEXIST) {
        snprintf(r->error, sizeof(r->error), "%s: %s; create it, or change `run_dir`", boot.config->run_dir,
                 strerror(errno));
        return -1;
    }
    snprintf(r->detail, sizeof(r->detail), "%s", boot.config->run_dir);
    return 0;
}

static int choose_cores(void *ctx, struct startup_report *r)
{
    (void)ctx;
    return eal_choose_cores(boot.config, boot.cores, r);
}

static int decide_hugepages(void *ctx, struct startup_report *r)
{
    (void)ctx;
    return hugepages_decide(boot.config, &boot.node.hugepages, r);
}

static int open_endpoint(void *ctx, struct startup_report *r)
{
    (void)ctx;
    return endpoint_open(&boot.node, r->error, sizeof(r->error));
}

static void close_endpoint(void *ctx)
{
    (void)ctx;
    endpoint_close(&boot.node);
}

static int start_eal(void *ctx, struct startup_report *r)
{
    (void)ctx;
    return eal_start(boot.config, boot.cores, boot.node.hugepages, r);
}

static void stop_eal(void *ctx)
{
    (void)ctx;
    eal_stop();
}

static int create_pools(void *ctx, struct startup_report *r)
{
    (void)ctx;
    return buffers_create(&boot.node, r);
}

static void free_pools(void *ctx)
{
    (void)ctx;
    buffers_destroy(&boot.node);
}

static void close_ports(void *ctx)
{
    (void)ctx;
    while (boot.node.n_ports > 0)
        port_close(&boot.node.ports[--boot.node.n_ports]);
}

static int open_ports(void *ctx, struct startup_report *r)
{
    struct node *node = &boot.node;

    for (unsigned i = 0; i < boot.config->ports_count; i++) {
        struct port *port = &node->ports[i];
        if (port_open(port, &boot.config->ports[i], i, node->n_workers, node->pools, r->error,
                      sizeof(r->error)) != 0) {
            close_ports(ctx);
            return -1;
        }
        node->n_ports++;
        for (unsigned q = 0; q < port->n_queues; q++)
            node->port_of_ethdev[port->queues[q].ethdev] = (uint8_t)i;
        size_t used = strlen(r->detail);
        snprintf(r->detail + used, sizeof(r->detail) - used, "%s%s (%s%s%s, %u queue%s)", used ? ", " : "",
                 port->config->name, config_driver_name(port->config->driver),
                 port->config->device ? " " : "", port->config->device ? port->config->device : "",
                 port->n_queues, port->n_queues > 1 ? "s" : "");
    }
    return 0;
}

// Groups of slots (slot mod 128, the native protocol's ports) go round the workers, so that a port that
// steers by destination port can deliver every request to its owner.
static void plan_slots(struct node *node)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        node->owner[slot] = (uint8_t)(slot % NET_NATIVE_PORTS % node->n_workers);
    node->map_epoch = 1;
}

static int draw_secrets(struct node *node)
{
    do {
        if (getrandom(&node->epoch, sizeof(node->epoch), 0) != (ssize_t)sizeof(node->epoch))
            return -1;
    } while (node->epoch == 0);
    return getrandom(node->hash_secret, sizeof(node->hash_secret), 0) == (ssize_t)sizeof(node->hash_secret)
               ? 0
               : -1;
}

static void free_workers(void *ctx)
{
    (void)ctx;
    for (unsigned k = 0; k < boot.node.n_workers; k++) {
        worker_destroy(boot.node.workers[k]);
        boot.node.workers[k] = NULL;
    }
    errand_rings_destroy(&boot.node);
}

static int create_workers(void *ctx, struct startup_report *r)
{
    struct node *node = &boot.node;
    unsigned lcore = 0;

    node->settings = (struct settings){.max_value_bytes = (uint32_t)boot.config->max_value_bytes,
                                       .quantum_us = boot.config->quantum_us,
                                       .latency_first = boot.config->latency_first,
                                       .diagnostics = boot.config->diagnostics};
    node->tsc_hz = rte_get_tsc_hz();
    clock_start(&node->clock, node->tsc_hz);
    plan_slots(node);
    if (draw_secrets(node) != 0) {
        snprintf(r->error, sizeof(r->error), "the kernel gives no random numbers: %s", strerror(errno));
        return -1;
    }
    if (errand_rings_create(node, r->error, sizeof(r->error)) != 0) {
        free_workers(ctx);
        return -1;
    }
    for (unsigned k = 0; k < node->n_workers; k++) {
        node->workers[k] = worker_create(node, k, r->error, sizeof(r->error));
        if (!node->workers[k]) {
            free_workers(ctx);
            return -1;
        }
        lcore = rte_get_next_lcore(k == 0 ? (unsigned)-1 : lcore, 1, 0);
        node->workers[k]->lcore = lcore;
        node->workers[k]->cpu = boot.cores[k];
    }
    snprintf(r->detail, sizeof(r->detail), "%u MB each in %lu KB pages", boot.config->memory_mb,
             (unsigned long)node->workers[0]->memory_stats.page_size / 1024);
    return 0;
}

static void stop_workers(void *ctx)
{
    (void)ctx;
    __atomic_store_n(&boot.node.stop, true, __ATOMIC_RELAXED);
    rte_eal_mp_wait_lcore();
}

static int launch_workers(void *ctx, struct startup_report *r)
{
    for (unsigned k = 0; k < boot.node.n_workers; k++) {
        if (rte_eal_remote_launch(worker_run, boot.node.workers[k], boot.node.workers[k]->lcore) != 0) {
            snprintf(r->error, sizeof(r->error), "worker %u does not start on core %u", k, boot.cores[k]);
            stop_workers(ctx);
            return -1;
        }
    }
    return 0;
}

static const struct startup_step steps[] = {
    {"configuration", load_configuration, free_configuration},
    {"privileges", check_privileges, NULL},
    {"cores", choose_cores, NULL},
    {"huge pages", decide_hugepages, NULL},
    {"run directory", prepare_directories, NULL},
    {"control socket", open_endpoint, close_endpoint},
    {"DPDK", start_eal, stop_eal},
    {"packet buffers", create_pools, free_pools},
    {"ports", open_ports, close_ports},
    {"worker memory", create_workers, free_workers},
    {"workers", launch_workers, stop_workers},
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    boot.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
}

static void usage(FILE *to)
{
    fputs("usage: godwit-dataplane --config FILE [--latency-first]\n"
          "\n"
          "Serves keys from the ports that FILE names until SIGTERM or SIGINT. Usually started by godwitd;\n"
          "docs/control.md lists the keys of the file.\n"
          "\n"
          "  -c, --config FILE   configuration (YAML)\n"
          "  -l, --latency-first workers never sleep, whatever FILE says\n"
          "  -V, --version       print the version\n"
          "  -h, --help          print this\n",
          to);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"latency-first", no_argument, NULL, 'l'},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    for (int o; (o = getopt_long(argc, argv, "c:lVh", options, NULL)) != -1;) {
        switch (o) {
        case 'c':
            boot.config_path = optarg;
            break;
        case 'l':
            boot.latency_first = true;
            break;
        case 'V':
            puts("godwit-dataplane " GODWIT_VERSION);
            return 0;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (!boot.config_path || optind != argc) {
        usage(stderr);
        return 2;
    }
    block_signals();
    if (startup_run(steps, STEPS, NULL) != 0)
        return 1;
    printf("serving (pid %d)\n", getpid());
    fflush(stdout);
    endpoint_serve(&boot.node, boot.signal_fd);
    startup_undo(steps, STEPS, NULL);
    return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// A port of rings through the whole port layer: what goes in on one side comes out on the other, closing
// leaves nothing, and what cannot be opened says why. Runs DPDK without hugepages, devices or rights.
#include <jansson.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <string.h>

#include "drivers/pool.h"
#include "drivers/port.h"
#include "tests/unit/cunit_main.h"

#define WORKERS 2
#define FRAMES  64

static struct rte_mempool *pools[WORKERS];
static char *addresses[] = {"198.18.0.2/24", "2001:db8:18::2/64"};
static const struct config_port ring = {
    .name = "r0", .driver = CONFIG_RING, .mtu = 1500, .addresses = addresses, .addresses_count = 2};

static bool start_eal(void)
{
    static bool started;
    char *argv[] = {"test_port",      "--no-huge",         "--no-shconf", "--no-pci", "--no-telemetry",
                    "--iova-mode=va", "--log-level=error", "-m",          "64"};
    if (!started && rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) >= 0) {
        started = true;
        for (unsigned k = 0; k < WORKERS; k++) {
            char name[16];
            snprintf(name, sizeof(name), "pool%u", k);
            pools[k] = pool_create(name, 511, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, false);
            started = started && pools[k];
        }
    }
    return started;
}

// Sends `count` frames through queue k in both directions; returns how many arrived as they were sent.
static unsigned pass_frames(const struct port *p, unsigned k, unsigned count)
{
    char name[16];
    unsigned good = 0;
    snprintf(name, sizeof(name), "port0.rx%u", k);
    struct rte_ring *rx = rte_ring_lookup(name);
    snprintf(name, sizeof(name), "port0.tx%u", k);
    struct rte_ring *tx = rte_ring_lookup(name);
    for (unsigned i = 0; rx && tx && i < count; i++) {
        struct rte_mbuf *sent = rte_pktmbuf_alloc(pools[k]), *got = NULL, *back = NULL;
        if (!sent)
            return good;
        memcpy(rte_pktmbuf_append(sent, 64), &i, sizeof(i));
        rte_ring_enqueue(rx, sent);
        struct port_queue q = p->queues[k];
        bool same = rte_eth_rx_burst(q.ethdev, q.queue, &got, 1) == 1 && got == sent &&
                    got->port == q.ethdev && rte_eth_tx_burst(q.ethdev, q.queue, &got, 1) == 1 &&
                    rte_ring_dequeue(tx, (void **)&back) == 0 && back == sent;
        good += same && !memcmp(rte_pktmbuf_mtod(back, void *), &i, sizeof(i));
        rte_pktmbuf_free(sent);
    }
    return good;
}

static void frames_pass_on_every_queue_and_nothing_is_left(void)
{
    CU_ASSERT_TRUE_FATAL(start_eal());
    for (int round = 0; round < 2; round++) {
        struct port p;
        char err[256] = "";
        CU_ASSERT_EQUAL_FATAL(port_open(&p, &ring, 0, WORKERS, pools, err, sizeof(err)), 0);
        CU_ASSERT_EQUAL(p.n_queues, WORKERS);
        CU_ASSERT_EQUAL(p.nif.n_addrs, 2);
        for (unsigned k = 0; k < p.n_queues; k++)
            CU_ASSERT_EQUAL(pass_frames(&p, k, FRAMES), FRAMES);
        port_close(&p);
        CU_ASSERT_EQUAL(rte_eth_dev_count_avail(), 0);
        CU_ASSERT_PTR_NULL(rte_ring_lookup("port0.rx0"));
        for (unsigned k = 0; k < WORKERS; k++)
            CU_ASSERT_EQUAL(rte_mempool_in_use_count(pools[k]), 0);
    }
}

static void describes_itself(void)
{
    CU_ASSERT_TRUE_FATAL(start_eal());
    struct port p;
    char err[256] = "";
    CU_ASSERT_EQUAL_FATAL(port_open(&p, &ring, 0, WORKERS, pools, err, sizeof(err)), 0);
    pass_frames(&p, 1, FRAMES);
    json_t *shown = port_describe(&p);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(shown, "driver")), "ring");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(shown, "queues")), WORKERS);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(shown, "addresses")), 2);
    CU_ASSERT_TRUE(json_array_size(json_object_get(shown, "facts")) > 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(shown, "ethdev"), "rx")), FRAMES);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(shown, "ethdev"), "tx")), FRAMES);
    json_decref(shown);
    port_close(&p);
}

static void refused(struct config_port c, const char *words)
{
    struct port p;
    char err[512] = "";
    CU_ASSERT_EQUAL(port_open(&p, &c, 0, WORKERS, pools, err, sizeof(err)), -1);
    if (!strstr(err, words))
        printf("\n    said: %s\n    not: %s\n", err, words);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, words));
    CU_ASSERT_EQUAL(rte_eth_dev_count_avail(), 0);
}

static void what_cannot_open_says_why_and_leaves_nothing(void)
{
    CU_ASSERT_TRUE_FATAL(start_eal());
    struct config_port c = ring;
    c.mtu = 9000;
    refused(c, "set mtu");
    c = ring;
    c.addresses = (char *[]){"198.18.0.300"};
    c.addresses_count = 1;
    refused(c, "198.18.0.300");
    c = ring;
    c.mac = "01:00:5e:00:00:01";
    refused(c, "unicast");
    c = (struct config_port){.name = "m0", .driver = CONFIG_MEMIF, .mtu = 1500, .server = true};
    refused(c, "'device'");
    c.device = "/nonexistent/socket";
    refused(c, "mkdir -p /nonexistent");
    CU_ASSERT_PTR_NULL(rte_ring_lookup("port0.rx0"));
}

static void note_end(struct rte_mempool *pool, void *end, void *object, unsigned i)
{
    (void)i;
    char *behind =
        (char *)object - pool->header_size + rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL);
    if (behind > *(char **)end)
        *(char **)end = behind;
}

// What AF_XDP registers is number x size bytes from the start: every object must lie in that.
static void pool_for_sockets_has_no_gaps(void)
{
    CU_ASSERT_FATAL(start_eal());
    struct rte_mempool *pool = pool_create("dense", 5000, 0, 192, 2176, SOCKET_ID_ANY, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CU_ASSERT_EQUAL(pool->nb_mem_chunks, 1);
    char *end = NULL, *start = STAILQ_FIRST(&pool->mem_list)->addr;
    rte_mempool_obj_iter(pool, note_end, &end);
    uint64_t registered =
        (uint64_t)pool->populated_size * rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL);
    CU_ASSERT((uint64_t)(end - start) <= registered + RTE_CACHE_LINE_SIZE);
    rte_mempool_free(pool);
}

static const struct unit_test tests[] = {
    {"frames pass on every queue and nothing is left", frames_pass_on_every_queue_and_nothing_is_left},
    {"describes itself", describes_itself},
    {"pool for sockets has no gaps", pool_for_sockets_has_no_gaps},
    {"what cannot open says why and leaves nothing", what_cannot_open_says_why_and_leaves_nothing},
};

UNIT_MAIN("port", tests)

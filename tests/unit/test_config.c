// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/config.h"
#include "control/config/nearest.h"
#include "tests/unit/cunit_main.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A file with one valid port, after `head`.
#define WITH_PORT(head)    head "ports:\n  - name: gw\n    driver: ring\n"
// A port of `driver` with the keys of `rest`, its lines indented by four.
#define PORT(driver, rest) "ports:\n  - name: gw\n    driver: " driver "\n" rest

static const struct {
    const char *text;
    const char *message;
} bad[] = {
    {"", "f:1: the file is empty; give a mapping of keys, such as 'node: n1'"},
    {"- a\n", "f:1: this kind of value is not accepted; give a mapping of keys, such as 'node: n1'"},
    {"a: [1,\nb: 3", "f:3: not YAML: did not find expected ',' or ']'"},
    {WITH_PORT("") "---\nworkers: 2\n", "f:4: a second document; one file holds one"},
    {"workers: 1\n", "f:1: ports: is missing; give a list of 1 to 8 ports, each with name and driver"},
    {"ports: []\n", "f:1: ports: too few entries; give a list of 1 to 8 ports, each with name and driver"},
    {"ports: 3\n", "f:1: ports: '3' is not accepted; give a list of 1 to 8 ports, each with name and driver"},
    {WITH_PORT("workers: 1\nworkrs: 2\n"), "f:2: workrs: unknown key; did you mean 'workers'?"},
    {WITH_PORT("\n# comment\nabcdefgh: 2\n"),
     "f:3: abcdefgh: unknown key; known here: node, workers, cores, latency_first, memory_mb, hugepages, "
     "max_value_bytes, diagnostics, buffers, quantum_us, run_dir, data_dir, ports"},
    {PORT("ring", "    gatway: 198.18.0.1\n"), "f:4: ports[0].gatway: unknown key; did you mean 'gateway'?"},
    {WITH_PORT("workers: 1\nnode: a\nworkers: 2\n"), "f:3: workers: given twice; give it once"},
    {WITH_PORT("workers: many\n"), "f:1: workers: 'many' is not accepted; give a number from 1 to 64"},
    {WITH_PORT("workers: 0\n"), "f:1: workers: '0' is not accepted; give a number from 1 to 64"},
    {WITH_PORT("workers: 65\n"), "f:1: workers: '65' is not accepted; give a number from 1 to 64"},
    {WITH_PORT("workers: -1\n"), "f:1: workers: '-1' is not accepted; give a number from 1 to 64"},
    {WITH_PORT("workers: [1]\n"),
     "f:1: workers: this kind of value is not accepted; give a number from 1 to 64"},
    {WITH_PORT("workers: 2\ncores: [0]\n"),
     "f:2: cores: 1 listed for 2 workers; give at least one per worker"},
    {WITH_PORT("cores: [0, 1,\n  0]\n"),
     "f:2: cores[2]: core 0 is listed twice; give each worker a core of its own"},
    {WITH_PORT("cores: [0, 1024]\n"),
     "f:1: cores[1]: '1024' is not accepted; give a core number from 0 to 1023"},
    {WITH_PORT("memory_mb: 31\n"),
     "f:1: memory_mb: '31' is not accepted; give a number of MiB from 32 to 65536"},
    {WITH_PORT("hugepages: some\n"), "f:1: hugepages: 'some' is not accepted; give auto, required or never"},
    {WITH_PORT("diagnostics: maybe\n"), "f:1: diagnostics: 'maybe' is not accepted; give true or false"},
    {WITH_PORT("max_value_bytes: 536870913\n"),
     "f:1: max_value_bytes: '536870913' is not accepted; give a number of bytes from 1024 to 536870912"},
    {WITH_PORT("node: a b\n"),
     "f:1: node: 'a b' is not accepted; give a name of 1 to 63 letters, digits, '.', '_' or '-'"},
    {WITH_PORT("node: \"a\\e[1m\"\n"),
     "f:1: node: 'a?[1m' is not accepted; give a name of 1 to 63 letters, digits, '.', '_' or '-'"},
    {WITH_PORT("run_dir: run\n"),
     "f:1: run_dir: 'run' is not accepted; give an absolute path of at most 90 bytes"},
    {WITH_PORT("node: &x a\ndata_dir: *x\n"), "f:2: data_dir: aliases are not accepted; write the value out"},
    {"ports:\n  - driver: tap\n",
     "f:2: ports[0].name: is missing; give a name of 1 to 31 letters, digits, '.', '_' or '-'"},
    {"ports:\n  - name: a\n",
     "f:2: ports[0].driver: is missing; give af_xdp, af_packet, tap, memif, virtio_user, vhost, ring or pci"},
    {PORT("dpdk", ""), "f:3: ports[0].driver: 'dpdk' is not accepted; give af_xdp, af_packet, tap, memif, "
                       "virtio_user, vhost, ring or pci"},
    {PORT("tap", ""),
     "f:2: ports[0].device: is missing; driver tap needs an interface name of 1 to 15 bytes"},
    {PORT("ring", "    device: x\n"), "f:4: ports[0].device: driver ring has no device; leave it out"},
    {PORT("pci", "    device: eth0\n"),
     "f:4: ports[0].device: 'eth0' is not accepted; driver pci needs a PCI address such as 0000:01:00.0"},
    {PORT("memif", "    device: memif.sock\n"), "f:4: ports[0].device: 'memif.sock' is not accepted; driver "
                                                "memif needs an absolute socket path of at most 107 bytes"},
    {PORT("ring", "") "  - name: gw\n    driver: ring\n",
     "f:4: ports[1].name: 'gw' is the name of two ports; give each its own"},
    {PORT("tap", "    device: t0\n") "  - {name: b, driver: tap, device: t0}\n",
     "f:5: ports[1].device: 't0' is the device of two ports"},
    {PORT("af_xdp", "    device: gw1\n") "  - {name: b, driver: pci, device: \"0000:01:00.0\"}\n",
     "f:5: ports[1].driver: af_xdp and pci cannot share the packet buffers of one process; use af_packet, or "
     "pci for both"},
    {PORT("ring", "    mtu: 575\n"),
     "f:4: ports[0].mtu: '575' is not accepted; give a number of bytes from 576 to 9000"},
    {PORT("af_xdp", "    device: gw1\n    mtu: 9000\n"),
     "f:5: ports[0].mtu: 9000 is too large for driver af_xdp; give at most 3506"},
    {PORT("ring", "    queues: 0\n"),
     "f:4: ports[0].queues: '0' is not accepted; give a number from 1 to 64"},
    {PORT("ring", "    copy: true\n"), "f:4: ports[0].copy: only for driver af_xdp; leave it out"},
    {PORT("ring", "    addresses:\n      - 198.18.0.2/24\n      - 198.18.0.2\n"),
     "f:6: ports[0].addresses[1]: '198.18.0.2' is not accepted; give an address with its prefix length, such "
     "as 198.18.0.2/24 or 2001:db8:18::2/64"},
    {PORT("ring", "    addresses: [198.18.0.255/24]\n"),
     "f:4: ports[0].addresses[0]: '198.18.0.255/24' is not the address of a host; give an address with its "
     "prefix length, such as 198.18.0.2/24 or 2001:db8:18::2/64"},
    {PORT("ring", "    addresses: ['2001:db8::1/64', '2001:db8:0::1/64']\n"),
     "f:4: ports[0].addresses[1]: '2001:db8:0::1/64' is given twice; give each address once"},
    {PORT("ring", "    addresses: [198.18.0.2/24]\n    gateway: 198.19.0.1\n"),
     "f:5: ports[0].gateway: '198.19.0.1' is in none of the port's networks; give an address that is"},
    {PORT("ring", "    addresses: [198.18.0.2/24]\n    gateway: 198.18.0.2\n"),
     "f:5: ports[0].gateway: '198.18.0.2' is the port's own address; give that of the router"},
    {PORT("ring", "    gateway: '2001:db8::1'\n"),
     "f:4: ports[0].gateway: '2001:db8::1' is not accepted; give an IPv4 address, such as 198.18.0.1"},
    {PORT("ring", "    neighbours:\n      - {address: 198.18.0.1, mac: '01:00:5e:00:00:01'}\n"),
     "f:5: ports[0].neighbours[0].mac: '01:00:5e:00:00:01' is not accepted; give a unicast MAC address, such "
     "as 02:00:00:00:00:01"},
    {PORT("ring", "    neighbours:\n      - address: 198.18.0.1\n"),
     "f:5: ports[0].neighbours[0].mac: is missing; give a unicast MAC address, such as 02:00:00:00:00:01"},
    {PORT("ring", "    mac: 2\n"),
     "f:4: ports[0].mac: '2' is not accepted; give a unicast MAC address, such as 02:00:00:00:00:01"},
};

static struct config *parse(const char *text, char *err, size_t err_len)
{
    err[0] = '\0';
    return config_parse("f", text, strlen(text), err, err_len);
}

static void test_bad_files(void)
{
    char err[512];
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct config *c = parse(bad[i].text, err, sizeof(err));
        CU_ASSERT_PTR_NULL(c);
        if (strcmp(err, bad[i].message))
            fprintf(stderr, "%s\n  gave   %s\n  wanted %s\n", bad[i].text, err, bad[i].message);
        CU_ASSERT_STRING_EQUAL(err, bad[i].message);
        config_free(c);
    }
}

static void test_defaults(void)
{
    char err[512];
    struct config *c = parse(WITH_PORT(""), err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT(strlen(c->node) > 0);
    CU_ASSERT_EQUAL(c->workers, 1);
    CU_ASSERT_EQUAL(c->cores_count, 1);
    CU_ASSERT_EQUAL(c->memory_mb, 256);
    CU_ASSERT_EQUAL(c->max_value_bytes, 8388608);
    CU_ASSERT_EQUAL(c->buffers, 16384);
    CU_ASSERT_EQUAL(c->quantum_us, 2);
    CU_ASSERT_EQUAL(c->hugepages, CONFIG_HUGEPAGES_AUTO);
    CU_ASSERT(!c->latency_first && !c->diagnostics);
    CU_ASSERT_STRING_EQUAL(c->run_dir, "/run/godwit");
    CU_ASSERT_STRING_EQUAL(c->data_dir, "/var/lib/godwit");
    CU_ASSERT_EQUAL(c->ports[0].mtu, 1500);
    CU_ASSERT_EQUAL(c->ports[0].queues, 0);
    CU_ASSERT(!c->ports[0].server);
    CU_ASSERT_EQUAL(c->given, 0);
    config_free(c);
}

// The default is the last core this process may use.
static void test_default_core(void)
{
    char err[512];
    cpu_set_t all, one;
    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(all), &all), 0);
    unsigned last = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all))
            last = cpu;
    struct config *c = parse(WITH_PORT(""), err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(c->cores[0], last);
    config_free(c);

    CPU_ZERO(&one);
    CPU_SET(last, &one);
    sched_setaffinity(0, sizeof(one), &one);
    CU_ASSERT_PTR_NULL(parse(WITH_PORT("workers: 2\n"), err, sizeof(err)));
    sched_setaffinity(0, sizeof(all), &all);
    CU_ASSERT_STRING_EQUAL(err, "f:1: workers: 2, but this process may use 1 cores; give at most that");
}

static const char full[] =
    "node: n1\n"
    "workers: 2\n"
    "cores: [4, 5]\n"
    "latency_first: true\n"
    "memory_mb: 0x40\n"
    "hugepages: required\n"
    "max_value_bytes: 4096\n"
    "diagnostics: on\n"
    "buffers: 2048\n"
    "quantum_us: 5\n"
    "run_dir: /run/godwit/3\n"
    "data_dir: /srv/godwit\n"
    "ports:\n"
    "  - name: a\n"
    "    driver: af_xdp\n"
    "    device: gw1\n"
    "    queues: 2\n"
    "    mtu: 3506\n"
    "    addresses: [198.18.0.2/24, '2001:db8:18::2/64']\n"
    "    gateway: 198.18.0.1\n"
    "    gateway6: fe80::1\n"
    "    neighbours:\n"
    "      - address: 198.18.0.9\n"
    "        mac: 02:00:00:00:00:09\n"
    "    mac: 02:00:00:00:00:02\n"
    "    copy: true\n"
    "    busy_budget: 64\n"
    "  - {name: b, driver: memif, device: /run/m.sock, server: false, zero_copy: true}\n"
    "  - {name: c, driver: memif, device: /run/n.sock}\n";

static void test_every_key(void)
{
    char err[512];
    struct config *c = parse(full, err, sizeof(err));
    CU_ASSERT_STRING_EQUAL(err, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_STRING_EQUAL(c->node, "n1");
    CU_ASSERT(c->workers == 2 && c->cores_count == 2 && c->cores[0] == 4 && c->cores[1] == 5);
    CU_ASSERT(c->latency_first && c->diagnostics);
    CU_ASSERT(c->memory_mb == 64 && c->max_value_bytes == 4096 && c->buffers == 2048 && c->quantum_us == 5);
    CU_ASSERT_EQUAL(c->hugepages, CONFIG_HUGEPAGES_REQUIRED);
    CU_ASSERT_STRING_EQUAL(c->run_dir, "/run/godwit/3");
    CU_ASSERT_STRING_EQUAL(c->data_dir, "/srv/godwit");
    CU_ASSERT_EQUAL_FATAL(c->ports_count, 3);
    CU_ASSERT_EQUAL(c->given, 0xfff);
    const struct config_port *a = &c->ports[0], *b = &c->ports[1];
    CU_ASSERT_STRING_EQUAL(config_driver_name(a->driver), "af_xdp");
    CU_ASSERT(a->queues == 2 && a->mtu == 3506 && a->copy && a->busy_budget == 64);
    CU_ASSERT_EQUAL_FATAL(a->addresses_count, 2);
    CU_ASSERT_STRING_EQUAL(a->addresses[1], "2001:db8:18::2/64");
    CU_ASSERT_EQUAL_FATAL(a->neighbours_count, 1);
    CU_ASSERT_STRING_EQUAL(a->neighbours[0].mac, "02:00:00:00:00:09");
    CU_ASSERT(b->driver == CONFIG_MEMIF && !b->server && b->zero_copy);
    CU_ASSERT(c->ports[2].server);
    config_free(c);
}

static void test_files(void)
{
    char path[] = "/tmp/godwit-config-XXXXXX", err[512], want[128];
    CU_ASSERT_PTR_NULL(config_load("/nonexistent/godwit.yaml", err, sizeof(err)));
    CU_ASSERT_STRING_EQUAL(err, "/nonexistent/godwit.yaml: cannot open: No such file or directory");
    CU_ASSERT_PTR_NULL(config_load("/", err, sizeof(err)));
    int fd = mkstemp(path);
    CU_ASSERT_EQUAL(write(fd, "workers: x\n", 11), 11);
    CU_ASSERT_PTR_NULL(config_load(path, err, sizeof(err)));
    snprintf(want, sizeof(want), "%s:1: workers: 'x' is not accepted; give a number from 1 to 64", path);
    CU_ASSERT_STRING_EQUAL(err, want);
    CU_ASSERT_EQUAL(ftruncate(fd, 0), 0);
    CU_ASSERT_EQUAL(pwrite(fd, full, sizeof(full) - 1, 0), (ssize_t)sizeof(full) - 1);
    struct config *c = config_load(path, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL(c);
    config_free(c);
    CU_ASSERT_EQUAL(ftruncate(fd, 1 << 20), 0);
    CU_ASSERT_PTR_NULL(config_load(path, err, sizeof(err)));
    CU_ASSERT(strstr(err, "longer than 262144 bytes") != NULL);
    close(fd);
    unlink(path);
}

// Damaged copies of a good file are read or refused, with a message and without harm.
static void test_damage(void)
{
    unsigned seed = 7351, refused = 0;
    for (int round = 0; round < 3000; round++) {
        char text[sizeof(full)], err[512] = "";
        memcpy(text, full, sizeof(full));
        for (int n = 1 + rand_r(&seed) % 4; n > 0; n--) {
            size_t at = (size_t)rand_r(&seed) % (sizeof(full) - 1);
            text[at] = rand_r(&seed) % 2 ? "\n :-[]{}&*'\"#0"[rand_r(&seed) % 14] : (char)rand_r(&seed);
        }
        struct config *c =
            config_parse("f", text, sizeof(full) - 1 - (size_t)rand_r(&seed) % 32, err, sizeof(err));
        CU_ASSERT((c != NULL) == (err[0] == '\0'));
        refused += !c;
        config_free(c);
    }
    CU_ASSERT(refused > 1000);
}

static void test_nearest(void)
{
    static const char *const words[] = {"status", "stats", "port", "worker", "drops"};
    CU_ASSERT_EQUAL(nearest_distance("kitten", "sitting"), 3);
    CU_ASSERT_EQUAL(nearest_distance("", "abc"), 3);
    CU_ASSERT_EQUAL(nearest_distance("ab", "ba"), 1);
    CU_ASSERT_STRING_EQUAL(nearest_word("stauts", words, 5), "status");
    CU_ASSERT_STRING_EQUAL(nearest_word("stat", words, 5), "stats");
    CU_ASSERT_STRING_EQUAL(nearest_word("wroker", words, 5), "worker");
    CU_ASSERT_STRING_EQUAL(nearest_word("work", words, 5), "port");
    CU_ASSERT_STRING_EQUAL(nearest_word("quantum", (const char *const[]){"quantum_us"}, 1), "quantum_us");
    CU_ASSERT_PTR_NULL(nearest_word("frobnicate", words, 5));
    CU_ASSERT_PTR_NULL(nearest_word("x", words, 5));
}

static const struct unit_test tests[] = {
    {"bad files are refused with line, key and remedy", test_bad_files},
    {"defaults are filled in", test_defaults},
    {"workers get the last usable cores", test_default_core},
    {"every key is read", test_every_key},
    {"files are opened, bounded and named", test_files},
    {"damaged files do no harm", test_damage},
    {"mistyped words find their neighbour", test_nearest},
};
UNIT_MAIN("config", tests)

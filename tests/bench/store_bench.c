// SPDX-License-Identifier: BSD-3-Clause
// The store's index and records beside DPDK's rte_hash on the same keys in the same run. 16-byte keys,
// 64-byte values; every GET copies its value out. Both sides live in memory mapped the same way and are
// measured in turns on one core. Usage: bench_store [--max-keys N] [--rounds N] [--fillings N] [--pages
// auto|huge|small]
// [--core N] [--no-rival] [--json FILE]
#include <inttypes.h>
#include <math.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "dataplane/store/memory.h"
#include "dataplane/store/store.h"

#define KEY_LEN     16u
#define VALUE_LEN   64u
#define BATCH       16u
#define RIVAL_BATCH 32u
#define OPS         (1u << 20) // of one measurement; a multiple of both batches
#define ROUNDS_MAX  15u
#define WINDOW      1024u
#define ZIPF_THETA  0.99
#define MIB         (UINT64_C(1) << 20)
#define HEAP        "bench"
#define NOW         UINT64_C(1700000000000)

struct options {
    uint64_t max_keys;
    unsigned rounds;
    unsigned core;
    unsigned fillings;
    enum memory_pages pages;
    bool rival;
    const char *json;
};

struct key {
    uint64_t words[2];
};

struct value {
    uint64_t words[VALUE_LEN / 8];
};

struct rival {
    struct rte_hash *hash;
    struct value *values;
    void *heap;
    uint64_t heap_bytes;
    int socket;
};

struct table {
    uint64_t keys;
    struct memory *mem;
    struct store *store;
    struct rival rival;
    double insert_ns;
    double worst_us;
    double bytes_per_item;
    double extent_per_item;
};

enum arm { ARM_GET_BATCH, ARM_RIVAL_BATCH, ARM_GET, ARM_SET, ARMS };
static const char *const arm_names[ARMS] = {"get_batch", "rte_hash_bulk", "get", "set"};
enum distribution { UNIFORM, ZIPF, DISTRIBUTIONS };
static const char *const distribution_names[DISTRIBUTIONS] = {"uniform", "zipf"};

static unsigned char secret[STORE_SECRET_LEN];
static uint32_t sequence[OPS];
static volatile uint64_t sink;
static uint64_t rng = 42;

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t random_bits(void)
{
    return mix(rng += UINT64_C(0x9e3779b97f4a7c15));
}

static struct key key_of(uint64_t i)
{
    return (struct key){{i * UINT64_C(0x9e3779b97f4a7c15), i}};
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

// Sum of 1/i^theta; beyond a million terms the integral is as good.
static double zeta(uint64_t n)
{
    uint64_t exact = n < 1000000 ? n : 1000000;
    double sum = 0;
    for (uint64_t i = 1; i <= exact; i++)
        sum += pow((double)i, -ZIPF_THETA);
    double power = 1 - ZIPF_THETA;
    return sum + (pow((double)n, power) - pow((double)exact, power)) / power;
}

// Zipf after Gray et al., SIGMOD 1994; ranks are scattered over the keys by a multiplication.
static void fill_zipf(uint64_t n)
{
    double zetan = zeta(n);
    double alpha = 1 / (1 - ZIPF_THETA);
    double eta = (1 - pow(2.0 / (double)n, 1 - ZIPF_THETA)) / (1 - zeta(2) / zetan);
    for (unsigned i = 0; i < OPS; i++) {
        double u = (double)(random_bits() >> 11) / (double)(UINT64_C(1) << 53);
        uint64_t rank = (uint64_t)((double)n * pow(eta * u - eta + 1, alpha));
        if (u * zetan < 1)
            rank = 0;
        else if (u * zetan < 1 + pow(0.5, ZIPF_THETA))
            rank = 1;
        sequence[i] = (uint32_t)((rank < n ? rank : n - 1) * 2654435761u % n);
    }
}

static void fill_sequence(enum distribution d, uint64_t n)
{
    if (d == ZIPF) {
        fill_zipf(n);
        return;
    }
    for (unsigned i = 0; i < OPS; i++)
        sequence[i] = (uint32_t)(random_bits() % n);
}

static uint64_t take(const void *value)
{
    struct value copy;
    memcpy(&copy, value, sizeof(copy));
    __asm__ volatile("" : : "r"(&copy) : "memory"); // the copy is really made
    return copy.words[0];
}

static uint64_t run_get_batch(struct table *t)
{
    struct key keys[BATCH];
    struct store_lookup l[BATCH];
    uint64_t sum = 0;
    for (unsigned at = 0; at < OPS; at += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            keys[i] = key_of(sequence[at + i]);
            store_lookup_init(t->store, &l[i], &keys[i], KEY_LEN);
        }
        for (unsigned i = 0; i < BATCH; i++)
            store_lookup_prefetch(t->store, &l[i]);
        for (unsigned i = 0; i < BATCH; i++) {
            uint32_t len;
            sum += take(record_value(store_find(t->store, &l[i], NOW), &len));
        }
    }
    return sum;
}

static uint64_t run_rival_batch(struct table *t)
{
    struct key keys[RIVAL_BATCH];
    const void *pointers[RIVAL_BATCH];
    void *data[RIVAL_BATCH];
    uint64_t hits;
    uint64_t sum = 0;
    for (unsigned at = 0; at < OPS; at += RIVAL_BATCH) {
        for (unsigned i = 0; i < RIVAL_BATCH; i++) {
            keys[i] = key_of(sequence[at + i]);
            pointers[i] = &keys[i];
        }
        rte_hash_lookup_bulk_data(t->rival.hash, pointers, RIVAL_BATCH, &hits, data);
        for (unsigned i = 0; i < RIVAL_BATCH; i++)
            __builtin_prefetch(data[i]);
        for (unsigned i = 0; i < RIVAL_BATCH; i++)
            sum += take(data[i]);
    }
    return sum;
}

static uint64_t run_get(struct table *t)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < OPS; i++) {
        struct key key = key_of(sequence[i]);
        struct store_lookup l;
        uint32_t len;
        store_lookup_init(t->store, &l, &key, KEY_LEN);
        sum += take(record_value(store_find(t->store, &l, NOW), &len));
    }
    return sum;
}

static uint64_t run_set(struct table *t)
{
    struct store_write w = {.ts = 2};
    for (unsigned at = 0; at < OPS; at += BATCH) {
        struct key keys[BATCH];
        struct store_lookup l[BATCH];
        for (unsigned i = 0; i < BATCH; i++) {
            keys[i] = key_of(sequence[at + i]);
            store_lookup_init(t->store, &l[i], &keys[i], KEY_LEN);
        }
        for (unsigned i = 0; i < BATCH; i++)
            store_lookup_prefetch(t->store, &l[i]);
        for (unsigned i = 0; i < BATCH; i++) {
            struct value v = {{sequence[at + i]}};
            store_set(t->store, &l[i], &v, VALUE_LEN, &w, NOW);
        }
    }
    return 0;
}

static uint64_t (*const arm_runs[ARMS])(struct table *) = {run_get_batch, run_rival_batch, run_get, run_set};

static double ns_of(uint64_t cycles)
{
    return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

// Time this thread had the core: what others on the machine do counts less.
static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw + usage.ru_nvcsw;
}

// Inserts all keys one by one and keeps, for every window of them, the longest that one took, or took in an
// earlier filling if that was less. What is the store's own comes at the same key each time; a pause of the
// machine does not. Windows in which the scheduler took the core away do not count at all.
static void fill_store(struct table *t, float *worst)
{
    struct store_write w = {.ts = 1};
    double start_ns = cpu_ns();
    for (uint64_t at = 0; at < t->keys; at += WINDOW) {
        uint64_t window = 0;
        long before = switches();
        for (uint64_t i = at; i < at + WINDOW && i < t->keys; i++) {
            struct key key = key_of(i);
            struct value v = {{i}};
            struct store_lookup l;
            uint64_t start = rte_rdtsc();
            store_lookup_init(t->store, &l, &key, KEY_LEN);
            enum store_status status = store_set(t->store, &l, &v, VALUE_LEN, &w, NOW);
            uint64_t took = rte_rdtsc() - start;
            if (status != STORE_OK)
                die("filling the store", "its memory is full");
            window = took > window ? took : window;
        }
        float us = (float)(ns_of(window) / 1000);
        if (switches() == before && us < worst[at / WINDOW])
            worst[at / WINDOW] = us;
    }
    t->insert_ns = (cpu_ns() - start_ns) / (double)t->keys;
}

static void create_filled(struct table *t, const struct options *o)
{
    size_t windows = t->keys / WINDOW + 1;
    float *worst = malloc(windows * sizeof(*worst));
    if (worst == NULL)
        die("measuring insertions", "out of memory");
    for (size_t i = 0; i < windows; i++)
        worst[i] = INFINITY;
    for (unsigned filling = 0; filling < o->fillings; filling++) {
        store_destroy(t->store);
        t->store = store_create(t->mem, secret, 0);
        fill_store(t, worst);
    }
    t->worst_us = 0;
    for (size_t i = 0; i < windows; i++)
        if (worst[i] < INFINITY && worst[i] > t->worst_us)
            t->worst_us = worst[i];
    free(worst);
}

static bool create_store(struct table *t, const struct options *o)
{
    char err[256];
    t->mem = memory_create(t->keys * 132 + 48 * MIB, o->pages, err, sizeof(err));
    if (t->mem == NULL) {
        printf("%" PRIu64 " keys: skipped: %s\n", t->keys, err);
        return false;
    }
    create_filled(t, o);
    struct memory_stats memory;
    struct store_stats stats;
    memory_stats(t->mem, &memory);
    store_stats(t->store, &stats);
    t->bytes_per_item = (double)stats.bytes / (double)t->keys - KEY_LEN - VALUE_LEN;
    t->extent_per_item = (double)memory.extent / (double)t->keys - KEY_LEN - VALUE_LEN;
    return true;
}

// Memory mapped as memory.c maps it, given to DPDK as a heap of its own.
static void create_heap(struct rival *r, uint64_t bytes, bool huge)
{
    r->heap_bytes = (bytes + 2 * MIB - 1) & ~(2 * MIB - 1);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0);
    char *p = mmap(NULL, r->heap_bytes + 2 * MIB, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == MAP_FAILED)
        die("mapping memory for rte_hash", "not enough; use --max-keys or --no-rival");
    r->heap = p;
    p += -(uintptr_t)p & (2 * MIB - 1);
    if (!huge)
        madvise(p, r->heap_bytes, MADV_HUGEPAGE);
    memset(p, 0, r->heap_bytes);
    size_t page = huge ? 2 * MIB : 4096;
    if (rte_malloc_heap_create(HEAP) != 0 ||
        rte_malloc_heap_memory_add(HEAP, p, r->heap_bytes, NULL, (unsigned)(r->heap_bytes / page), page) != 0)
        die("giving DPDK a heap", rte_strerror(rte_errno));
    r->socket = rte_malloc_heap_get_socket(HEAP);
}

static void create_rival(struct table *t)
{
    struct rival *r = &t->rival;
    struct memory_stats stats;
    memory_stats(t->mem, &stats);
    create_heap(r, t->keys * (VALUE_LEN + 32 + 48) + 32 * MIB, stats.page_size > 4096);
    struct rte_hash_parameters parameters = {
        .name = "bench",
        .entries = (uint32_t)(t->keys + t->keys / 8 + 64), // it cannot be filled to the last entry
        .key_len = KEY_LEN,
        .hash_func = rte_hash_crc,
        .socket_id = r->socket,
    };
    r->hash = rte_hash_create(&parameters);
    if (r->hash == NULL)
        die("rte_hash_create", rte_strerror(rte_errno));
    r->values = rte_malloc_socket(NULL, t->keys * sizeof(struct value), 64, r->socket);
    if (r->values == NULL)
        die("memory for the values of rte_hash", "not enough");
    for (uint64_t i = 0; i < t->keys; i++) {
        struct key key = key_of(i);
        r->values[i] = (struct value){{i}};
        if (rte_hash_add_key_data(r->hash, &key, &r->values[i]) != 0)
            die("rte_hash_add_key_data", "no room");
    }
}

static void destroy(struct table *t)
{
    store_destroy(t->store);
    memory_destroy(t->mem);
    struct rival *r = &t->rival;
    if (r->hash == NULL)
        return;
    rte_hash_free(r->hash);
    rte_free(r->values);
    char *p = (char *)r->heap + (-(uintptr_t)r->heap & (2 * MIB - 1));
    rte_malloc_heap_memory_remove(HEAP, p, r->heap_bytes);
    rte_malloc_heap_destroy(HEAP);
    munmap(r->heap, r->heap_bytes + 2 * MIB);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

// ns per operation of each arm: medians over rounds, the arms taking turns.
static void measure(struct table *t, unsigned rounds, double medians[ARMS])
{
    double times[ARMS][ROUNDS_MAX];
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned arm = 0; arm < ARMS; arm++) {
            if (arm == ARM_RIVAL_BATCH && t->rival.hash == NULL) {
                times[arm][round] = NAN;
                continue;
            }
            double start = cpu_ns();
            sink += arm_runs[arm](t);
            times[arm][round] = (cpu_ns() - start) / OPS;
        }
    }
    for (unsigned arm = 0; arm < ARMS; arm++) {
        qsort(times[arm], rounds, sizeof(double), compare_doubles);
        medians[arm] = times[arm][rounds / 2];
    }
}

static void report_json(FILE *json, const struct table *t, double medians[DISTRIBUTIONS][ARMS], bool first)
{
    fprintf(json,
            "%s\n  {\"keys\": %" PRIu64 ", \"insert_ns\": %.1f, \"worst_insert_us\": %.1f, "
            "\"bytes_per_item\": %.1f, \"extent_per_item\": %.1f",
            first ? "" : ",", t->keys, t->insert_ns, t->worst_us, t->bytes_per_item, t->extent_per_item);
    for (unsigned d = 0; d < DISTRIBUTIONS; d++)
        for (unsigned arm = 0; arm < ARMS; arm++)
            if (!isnan(medians[d][arm]))
                fprintf(json, ", \"%s_%s_ns\": %.2f", distribution_names[d], arm_names[arm], medians[d][arm]);
    fprintf(json, "}");
}

static void report(const struct table *t, double medians[DISTRIBUTIONS][ARMS])
{
    for (unsigned d = 0; d < DISTRIBUTIONS; d++)
        printf("%10" PRIu64 " %-8s %9.1f %13.1f %7.2f %8.1f %8.1f %8.1f %10.1f %8.1f %8.1f\n", t->keys,
               distribution_names[d], medians[d][ARM_GET_BATCH], medians[d][ARM_RIVAL_BATCH],
               medians[d][ARM_RIVAL_BATCH] / medians[d][ARM_GET_BATCH], medians[d][ARM_GET],
               medians[d][ARM_SET], t->insert_ns, t->worst_us, t->bytes_per_item, t->extent_per_item);
    fflush(stdout);
}

static void run(const struct options *o, FILE *json)
{
    bool first = true;
    printf("%10s %-8s %9s %13s %7s %8s %8s %8s %10s %8s %8s\n", "keys", "keys are", "GET x16", "rte_hash x32",
           "ratio", "GET", "SET x16", "insert", "worst us", "B/item", "region");
    for (uint64_t keys = 10000; keys <= o->max_keys; keys *= 10) {
        struct table t = {.keys = keys};
        double medians[DISTRIBUTIONS][ARMS];
        if (!create_store(&t, o))
            return;
        if (o->rival)
            create_rival(&t);
        for (unsigned d = 0; d < DISTRIBUTIONS; d++) {
            fill_sequence(d, keys);
            measure(&t, o->rounds, medians[d]);
        }
        report(&t, medians);
        if (json != NULL)
            report_json(json, &t, medians, first);
        first = false;
        destroy(&t);
    }
}

static void parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--no-rival") == 0) {
            o->rival = false;
            continue;
        }
        if (strcmp(argv[i], "--max-keys") == 0)
            o->max_keys = (uint64_t)strtod(value, NULL);
        else if (strcmp(argv[i], "--rounds") == 0)
            o->rounds = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--fillings") == 0)
            o->fillings = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--core") == 0)
            o->core = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--json") == 0)
            o->json = value;
        else if (strcmp(argv[i], "--pages") == 0)
            o->pages = strcmp(value, "huge") == 0    ? MEMORY_PAGES_HUGE
                       : strcmp(value, "small") == 0 ? MEMORY_PAGES_SMALL
                                                     : MEMORY_PAGES_AUTO;
        else
            die(argv[i], "unknown option");
        i++;
    }
    if (o->rounds < 1 || o->rounds > ROUNDS_MAX || o->fillings < 1 || o->max_keys < 10000 ||
        o->max_keys > UINT32_MAX)
        die("options", "--rounds is 1 to 15, --fillings at least 1, --max-keys 10000 to 4000000000");
}

int main(int argc, char **argv)
{
    struct options o = {.max_keys = 10000000, .rounds = 5, .fillings = 5, .rival = true};
    parse(&o, argc, argv);
    char core[16];
    snprintf(core, sizeof(core), "%u", o.core);
    char *eal[] = {argv[0],
                   "-l",
                   core,
                   "--no-huge",
                   "--no-shconf",
                   "-m",
                   "64",
                   "--no-pci",
                   "--log-level=error",
                   "--no-telemetry",
                   "--iova-mode=va"};
    if (rte_eal_init((int)(sizeof(eal) / sizeof(eal[0])), eal) < 0)
        die("rte_eal_init", rte_strerror(rte_errno));
    for (unsigned i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)random_bits();
    FILE *json = o.json == NULL ? NULL : fopen(o.json, "w");
    if (o.json != NULL && json == NULL)
        die(o.json, "cannot be written");
    printf("ns per operation (medians of %u rounds of %u operations, arms in turns); %s\n", o.rounds, OPS,
           o.pages == MEMORY_PAGES_HUGE ? "2 MiB pages for both"
           : o.pages == MEMORY_PAGES_SMALL
               ? "ordinary pages with transparent huge pages asked for, for both"
               : "2 MiB pages where there are enough, else ordinary ones, for both");
    if (json != NULL)
        fprintf(json, "{\"rounds\": %u, \"results\": [", o.rounds);
    run(&o, json);
    if (json != NULL) {
        fprintf(json, "\n]}\n");
        fclose(json);
    }
    rte_eal_cleanup();
    return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/content.h"
#include "client/core/engine.h"

static const char help[] =
    "Usage: godwit-bench [run] --to ADDRESS [options]       load the server, measure rate and latency\n"
    "       godwit-bench load --to ADDRESS --from FILE      store records\n"
    "       godwit-bench check --to ADDRESS --from FILE     read records back and compare byte for byte\n"
    "       godwit-bench run --emit-pcap FILE --count N     write the requests to a capture file\n"
    "\n"
    "Where to\n"
    "  --to ADDRESS         IPv4 or IPv6 address or name of the server; through the kernel's UDP\n"
    "  --dpdk KIND:SOCKET   without the kernel: memif, virtio-user or vhost, and the path of its socket\n"
    "                       (virtio is another name of virtio-user); --to then is an IPv4 address\n"
    "  --lcore N            core of the DPDK loop (default: the last one allowed)\n"
    "  --local-ip ADDRESS   our own address on the DPDK port (default: .1 of the server's /24)\n"
    "  --peer-mac MAC       the server's Ethernet address (default: asked for by ARP)\n"
    "  --tenant ID          tenant id (default 0)\n"
    "  --datagram-max N     largest datagram sent, 128..65507 bytes (default 1452)\n"
    "\n"
    "How much\n"
    "  --clients N          closed loop: N clients, 1..64 (default 16)\n"
    "  --window N           requests each client has outstanding (default 1; --dpdk: 32); N * clients <= "
    "4096\n"
    "  --rate R             open loop: R requests a second at random (Poisson) times; latency counts from "
    "the\n"
    "                       scheduled time\n"
    "  --duration S         seconds measured (default 10)\n"
    "  --warmup S           seconds before that, not measured (default 1)\n"
    "  --deadline-us N      a request without an answer fails after this (default 1000000)\n"
    "\n"
    "What\n"
    "  --mix NAME           ycsb-a ycsb-b ycsb-c ycsb-d ycsb-e ycsb-f get set, or READS/UPDATES in per cent "
    "as\n"
    "                       95/5 (default ycsb-b)\n"
    "  --get-percent P      the same as --mix P/(100-P)\n"
    "  --distribution D     uniform, zipf:THETA, latest (default uniform; ycsb-d: latest)\n"
    "  --keys N             records, 1..4000000000 (default 100000)\n"
    "  --key-size N         bytes, 8..512 (default 16)\n"
    "  --value-size N       bytes, 0..65000 (default 64)\n"
    "  --preload            store all records first\n"
    "  --verify             compare every value read with what was written\n"
    "  --seed N             of keys, kinds and times (default 1)\n"
    "  --full-client        --dpdk: the client library's retries also where the short path would do\n"
    "\n"
    "Records (load, check)\n"
    "  --from FILE          key, zero byte, value, zero byte, and so on; \"-\" reads standard input (load)\n"
    "  --sample N           check: N records, evenly spread (default: all)\n"
    "\n"
    "Output\n"
    "  --json FILE          also write the result as JSON; \"-\": to standard output instead of the summary\n"
    "  --help\n"
    "\n"
    "Exit status: 0 done, 1 failed (a value differed, nothing was answered), 2 wrong usage.\n";

enum {
    OPT_TO = 256,
    OPT_DPDK,
    OPT_LCORE,
    OPT_LOCAL_IP,
    OPT_PEER_MAC,
    OPT_TENANT,
    OPT_DATAGRAM_MAX,
    OPT_CLIENTS,
    OPT_WINDOW,
    OPT_RATE,
    OPT_DURATION,
    OPT_WARMUP,
    OPT_DEADLINE,
    OPT_MIX,
    OPT_GET_PERCENT,
    OPT_DISTRIBUTION,
    OPT_KEYS,
    OPT_KEY_SIZE,
    OPT_VALUE_SIZE,
    OPT_PRELOAD,
    OPT_VERIFY,
    OPT_SEED,
    OPT_FULL_CLIENT,
    OPT_FROM,
    OPT_SAMPLE,
    OPT_JSON,
    OPT_EMIT_PCAP,
    OPT_COUNT,
    OPT_HELP,
};

static const struct option longs[] = {
    {"to", required_argument, NULL, OPT_TO},
    {"dpdk", required_argument, NULL, OPT_DPDK},
    {"lcore", required_argument, NULL, OPT_LCORE},
    {"local-ip", required_argument, NULL, OPT_LOCAL_IP},
    {"peer-ip", required_argument, NULL, OPT_TO},
    {"peer-mac", required_argument, NULL, OPT_PEER_MAC},
    {"tenant", required_argument, NULL, OPT_TENANT},
    {"datagram-max", required_argument, NULL, OPT_DATAGRAM_MAX},
    {"clients", required_argument, NULL, OPT_CLIENTS},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"rate", required_argument, NULL, OPT_RATE},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"warmup", required_argument, NULL, OPT_WARMUP},
    {"deadline-us", required_argument, NULL, OPT_DEADLINE},
    {"mix", required_argument, NULL, OPT_MIX},
    {"get-percent", required_argument, NULL, OPT_GET_PERCENT},
    {"distribution", required_argument, NULL, OPT_DISTRIBUTION},
    {"keys", required_argument, NULL, OPT_KEYS},
    {"key-size", required_argument, NULL, OPT_KEY_SIZE},
    {"value-size", required_argument, NULL, OPT_VALUE_SIZE},
    {"preload", no_argument, NULL, OPT_PRELOAD},
    {"verify", no_argument, NULL, OPT_VERIFY},
    {"seed", required_argument, NULL, OPT_SEED},
    {"full-client", no_argument, NULL, OPT_FULL_CLIENT},
    {"from", required_argument, NULL, OPT_FROM},
    {"sample", required_argument, NULL, OPT_SAMPLE},
    {"json", required_argument, NULL, OPT_JSON},
    {"emit-pcap", required_argument, NULL, OPT_EMIT_PCAP},
    {"count", required_argument, NULL, OPT_COUNT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

// Numeric options: where the number goes and what is accepted.
struct number_option {
    int option;
    enum { U32, U64, REAL } type;
    size_t offset;
    double least, most;
};

#define AT(field) offsetof(struct bench_options, field)
static const struct number_option numbers[] = {
    {OPT_LCORE, U32, AT(lcore), 0, 1023},
    {OPT_TENANT, U32, AT(tenant), 0, UINT32_MAX},
    {OPT_DATAGRAM_MAX, U32, AT(datagram_max), 128, NATIVE_DATAGRAM_MAX},
    {OPT_CLIENTS, U32, AT(clients), 1, ENGINE_SESSIONS_MAX},
    {OPT_WINDOW, U32, AT(window), 1, ENGINE_SESSIONS_MAX *ENGINE_WINDOW},
    {OPT_RATE, REAL, AT(rate), 0.1, 1e8},
    {OPT_DURATION, REAL, AT(duration), 0.01, 86400},
    {OPT_WARMUP, REAL, AT(warmup), 0, 3600},
    {OPT_DEADLINE, U32, AT(deadline_us), 1, 60000000},
    {OPT_KEYS, U32, AT(keys), 1, 4e9},
    {OPT_KEY_SIZE, U32, AT(key_size), CONTENT_KEY_MIN, CONTENT_KEY_MAX},
    {OPT_VALUE_SIZE, U32, AT(value_size), 0, 65000},
    {OPT_SEED, U64, AT(seed), 0, 9e15},
    {OPT_SAMPLE, U64, AT(sample), 1, 4e9},
    {OPT_COUNT, U64, AT(count), 1, 1e9},
};

static const char *option_name(int option)
{
    for (const struct option *l = longs; l->name; l++)
        if (l->val == option)
            return l->name;
    return "";
}

static int wrong(const char *name, const char *given, const char *accepted)
{
    fprintf(stderr, "godwit-bench: --%s \"%s\": %s\n", name, given, accepted);
    return BENCH_EXIT_USAGE;
}

static int take_number(struct bench_options *o, const struct number_option *n, const char *text)
{
    char accepted[100], *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= n->least && value <= n->most) ||
        (n->type != REAL && value != floor(value))) {
        snprintf(accepted, sizeof(accepted), "%s from %.10g to %.10g is accepted",
                 n->type == REAL ? "a number" : "a whole number", n->least, n->most);
        return wrong(option_name(n->option), text, accepted);
    }
    void *at = (char *)o + n->offset;
    if (n->type == U32)
        *(uint32_t *)at = (uint32_t)value;
    else if (n->type == U64)
        *(uint64_t *)at = (uint64_t)value;
    else
        *(double *)at = value;
    return -1;
}

static int take_distribution(struct bench_options *o, const char *text)
{
    int used = 0;

    if (strcmp(text, "uniform") == 0)
        o->distribution = DISTRIBUTION_UNIFORM;
    else if (strcmp(text, "latest") == 0)
        o->distribution = DISTRIBUTION_LATEST;
    else if (sscanf(text, "zipf:%lf%n", &o->theta, &used) == 1 && text[used] == '\0' && o->theta > 0 &&
             o->theta < 10)
        o->distribution = DISTRIBUTION_ZIPF;
    else
        return wrong("distribution", text,
                     "uniform, latest, or zipf:THETA with 0 < THETA < 10, as zipf:0.99");
    return -1;
}

static int take_mix(struct bench_options *o, const char *text)
{
    if (!mix_by_name(text, &o->mix))
        return wrong("mix", text, "ycsb-a to ycsb-f, get, set, or READS/UPDATES that add up to 100, as 95/5");
    o->mix_name = text;
    if (o->mix.latest)
        o->distribution = DISTRIBUTION_LATEST;
    return -1;
}

static int take_get_percent(struct bench_options *o, const char *text)
{
    static char name[16];
    char *end;
    unsigned long percent = strtoul(text, &end, 10);

    if (end == text || *end || percent > 100)
        return wrong("get-percent", text, "a whole number from 0 to 100 is accepted");
    snprintf(name, sizeof(name), "%lu/%lu", percent, 100 - percent);
    return take_mix(o, name);
}

static int take_dpdk(struct bench_options *o, const char *text)
{
    static const char *const kinds[] = {"memif:", "virtio-user:", "virtio:", "vhost:"};

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i]);
        if (strncmp(text, kinds[i], n) == 0 && text[n] != '\0') {
            o->dpdk = text;
            return -1;
        }
    }
    return wrong("dpdk", text, "memif:SOCKET, virtio-user:SOCKET or vhost:SOCKET");
}

static int take(struct bench_options *o, int option, const char *text)
{
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i].option == option)
            return take_number(o, &numbers[i], text);
    switch (option) {
    case OPT_TO:
        o->to = text;
        return -1;
    case OPT_DPDK:
        return take_dpdk(o, text);
    case OPT_LOCAL_IP:
        o->local_ip = text;
        return -1;
    case OPT_PEER_MAC:
        o->peer_mac = text;
        return -1;
    case OPT_MIX:
        return take_mix(o, text);
    case OPT_GET_PERCENT:
        return take_get_percent(o, text);
    case OPT_DISTRIBUTION:
        return take_distribution(o, text);
    case OPT_PRELOAD:
        o->preload = true;
        return -1;
    case OPT_VERIFY:
        o->verify = true;
        return -1;
    case OPT_FULL_CLIENT:
        o->full_client = true;
        return -1;
    case OPT_FROM:
        o->from = text;
        return -1;
    case OPT_JSON:
        o->json = text;
        return -1;
    case OPT_EMIT_PCAP:
        o->emit_pcap = text;
        return -1;
    case OPT_HELP:
        fputs(help, stdout);
        return 0;
    default:
        fputs("godwit-bench: see godwit-bench --help\n", stderr);
        return BENCH_EXIT_USAGE;
    }
}

static int complain(const char *text)
{
    fprintf(stderr, "godwit-bench: %s; see godwit-bench --help\n", text);
    return BENCH_EXIT_USAGE;
}

static int check_together(struct bench_options *o)
{
    if (!o->to && !o->emit_pcap)
        return complain("--to ADDRESS is missing");
    if (o->verb != BENCH_RUN && !o->from)
        return complain("load and check need --from FILE");
    if (o->verb == BENCH_RUN && o->from)
        return complain("--from belongs to load and check");
    if (o->emit_pcap && o->count == 0)
        return complain("--emit-pcap needs --count N");
    if (o->window == 0)
        o->window = o->dpdk ? 32 : 1;
    if (o->clients * o->window > ENGINE_SESSIONS_MAX * ENGINE_WINDOW)
        return complain("clients times window may be 4096 at most");
    return -1;
}

static int take_verb(struct bench_options *o, const char *word)
{
    static const char *const verbs[] = {"run", "load", "check"};

    for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(word, verbs[i]) == 0) {
            o->verb = (enum bench_verb)i;
            return -1;
        }
    fprintf(stderr, "godwit-bench: \"%s\": run, load or check is accepted\n", word);
    return BENCH_EXIT_USAGE;
}

int bench_options(struct bench_options *o, int argc, char **argv)
{
    int option, status = -1;

    *o = (struct bench_options){
        .lcore = UINT32_MAX,
        .clients = 16,
        .theta = 0.99,
        .keys = 100000,
        .key_size = 16,
        .value_size = 64,
        .duration = 10,
        .warmup = 1,
        .seed = 1,
        .deadline_us = 1000000,
        .datagram_max = 1452,
    };
    take_mix(o, "ycsb-b");
    while (status < 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
        status = take(o, option, optarg);
    if (status < 0 && optind < argc)
        status = take_verb(o, argv[optind++]);
    if (status < 0 && optind < argc)
        status = complain("one verb is enough");
    return status < 0 ? check_together(o) : status;
}

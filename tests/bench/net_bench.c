// SPDX-License-Identifier: BSD-3-Clause
// Cycles (TSC) of one call of the receive and reply path: net_bench [rounds]. Pin it to a core.
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "dataplane/net/fast.h"
#include "tests/unit/frames.h"

#define REQUEST 90u
#define REPLY   130u
#define BATCH   64u

static struct net_if us;
static struct frame requests[BATCH], replies[BATCH];
static volatile uint32_t sink;

// The best of the batches: interrupts only add.
static uint64_t best(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t time_parse(unsigned csum)
{
    struct net_packet p;
    enum counter drop = COUNTER_NONE;
    uint32_t good = 0;
    uint64_t start = __rdtsc();
    for (unsigned i = 0; i < BATCH; i++)
        good += net_parse(&us, requests[i].b, requests[i].len, csum, &p, &drop) == NET_UDP;
    uint64_t took = __rdtsc() - start;
    sink = good;
    if (good != BATCH)
        abort();
    return took;
}

static uint64_t time_inline_parse(void)
{
    struct net_packet p = {0};
    uint32_t good = 0;
    uint64_t start = __rdtsc();
    for (unsigned i = 0; i < BATCH; i++) {
        good += net_fast_parse(&us, requests[i].b, requests[i].len, 0, &p);
        sink = p.payload;
    }
    uint64_t took = __rdtsc() - start;
    if (good != BATCH)
        abort();
    return took;
}

// The first round parses into p; swapping an even number of times leaves valid packets.
static uint64_t time_reply(struct net_packet *p, bool offload)
{
    uint32_t len = 0;
    uint64_t start = __rdtsc();
    for (unsigned i = 0; i < BATCH; i++)
        len += net_reply_udp(&p[i], REPLY, offload);
    uint64_t took = __rdtsc() - start;
    sink = len;
    return took;
}

static void run(unsigned family, unsigned rounds)
{
    struct net_packet p[BATCH];
    enum counter drop = COUNTER_NONE;
    uint64_t parse = UINT64_MAX, inlined = UINT64_MAX, offload = UINT64_MAX, reply = UINT64_MAX,
             reply_offload = UINT64_MAX;
    for (unsigned i = 0; i < BATCH; i++) {
        if (family == 4)
            frame_udp4(&requests[i], NULL, REQUEST);
        else
            frame_udp6(&requests[i], NULL, REQUEST);
        replies[i] = requests[i];
        net_parse(&us, replies[i].b, replies[i].len, 0, &p[i], &drop);
    }
    for (unsigned r = 0; r < rounds; r++) {
        parse = best(parse, time_parse(0));
        inlined = best(inlined, time_inline_parse());
        offload = best(offload, time_parse(NET_CSUM_IP_GOOD | NET_CSUM_L4_GOOD));
        reply = best(reply, time_reply(p, false));
        reply_offload = best(reply_offload, time_reply(p, true));
    }
    printf("IPv%u: parse %.1f (inline %.1f, checksums by port %.1f), reply %.1f (checksum by port %.1f)\n",
           family, (double)parse / BATCH, (double)inlined / BATCH, (double)offload / BATCH,
           (double)reply / BATCH, (double)reply_offload / BATCH);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;
    frame_interface(&us, us_mac, "198.18.0.2/24", "2001:db8::2/64");
    printf("cycles a call, %u-byte requests, %u-byte replies, best of %u batches of %u\n", REQUEST, REPLY,
           rounds, BATCH);
    run(4, rounds);
    run(6, rounds);
    return 0;
}

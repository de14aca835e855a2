// SPDX-License-Identifier: BSD-3-Clause
// A frame as the worker handles it: validated, answered, and the answer validated at the other end.
// Input: flags, room, minutes of virtual time, then the frame.
#include <stdlib.h>

#include "dataplane/net/fast.h"
#include "dataplane/net/limiter.h"
#include "dataplane/net/neigh.h"

#define HEADER       3u
#define ROOM_MAX     2048u
#define FLAG_CSUM    3u // bits of net_parse's csum
#define FLAG_ADDRS   4u // one address of each family, or several
#define FLAG_OFFLOAD 8u
#define FLAG_SETTLED 16u // our addresses are past probing
#define FLAG_GATEWAY 32u
#define FLAG_REPLY   64u // UDP: reply, or port unreachable

static const uint8_t us_mac[6] = {2, 0, 0, 0, 0, 2};
static struct neigh_table table;

static void require(bool good)
{
    if (!good)
        abort();
}

static void add(struct net_if *nif, const char *text)
{
    require(net_addr_parse(text, &nif->addrs[nif->n_addrs++]));
}

static void make_interface(struct net_if *nif, unsigned flags)
{
    *nif = (struct net_if){.mtu = 1500};
    memcpy(nif->mac, us_mac, 6);
    add(nif, "198.18.0.2/24");
    add(nif, "2001:db8::2/64");
    if (flags & FLAG_ADDRS) {
        add(nif, "fe80::2/64");
        add(nif, "198.18.1.0/31");
    }
    if (flags & FLAG_GATEWAY) {
        nif->has_gateway4 = net_addr_parse("198.18.0.1", &nif->gateway4);
        nif->has_gateway6 = net_addr_parse("2001:db8::1", &nif->gateway6);
    }
}

// What we sent must be valid for whoever it is addressed to.
static void check_answer(const struct net_if *nif, uint8_t *frame, uint32_t len, const struct net_packet *p,
                         unsigned csum)
{
    struct net_if peer = {.mtu = 1500};
    struct net_packet q;
    enum counter drop = COUNTER_NONE;
    memcpy(peer.mac, frame[0] & 1 ? (const uint8_t[6]){2, 0, 0, 0, 0, 1} : frame, 6);
    const uint8_t *ip = frame + p->l3;
    if (p->family && !(frame[0] & 1)) { // everybody is in the group of all nodes
        peer.n_addrs = 1;
        peer.addrs[0].family = p->family;
        peer.addrs[0].prefix = p->family == 4 ? 32 : 128;
        memcpy(peer.addrs[0].bytes, ip + (p->family == 4 ? 16 : 24), p->family == 4 ? 4 : 16);
    }
    require(memcmp(frame + 6, nif->mac, 6) == 0);
    require(net_parse(&peer, frame, len, csum, &q, &drop) != NET_DROP);
    require(p->family == 0 || q.len == len);
}

static void tick_all(uint64_t now_ms)
{
    uint8_t buf[128];
    uint64_t wake_ms;
    for (unsigned n = 0; n < 64; n++) {
        uint32_t len = neigh_tick(&table, buf, now_ms, &wake_ms);
        require(len <= sizeof(buf));
        if (len == 0 && wake_ms > now_ms)
            return;
    }
}

// ICMP checksums are always verified, and a fuzzer never guesses them: most inputs get a good one.
static enum net_kind parse(const struct net_if *nif, uint8_t *frame, uint32_t len, unsigned csum,
                           struct net_packet *p, enum counter *drop)
{
    enum net_kind kind = net_parse(nif, frame, len, csum, p, drop);
    if (kind != NET_DROP || (*drop != CTR_icmp_bad_checksum && *drop != CTR_icmp6_bad_checksum) ||
        len % 8 == 0)
        return kind;
    uint8_t *icmp = frame + p->l4;
    uint32_t length = p->len - p->l4;
    put_raw16(icmp + 2, 0);
    if (p->family == 4)
        put_raw16(icmp + 2, csum_finish(csum_bytes(0, icmp, length)));
    else
        icmp6_seal(frame + p->l3, icmp, length);
    return net_parse(nif, frame, len, csum, p, drop);
}

static uint32_t answer(const struct net_if *nif, enum net_kind kind, struct net_packet *p, uint32_t room,
                       unsigned flags, uint64_t now_ms)
{
    struct net_limiter lim;
    enum counter drop = COUNTER_NONE;
    uint32_t len = 0;
    net_limiter_init(&lim, 10, 1, 0);
    if (kind == NET_UDP && (flags & FLAG_REPLY) && room > p->payload)
        return net_reply_udp(p, room - p->payload, flags & FLAG_OFFLOAD);
    if (kind == NET_UDP || kind == NET_TCP)
        len = net_port_unreachable(nif, &lim, p, room, now_ms, &drop);
    else if (kind == NET_ICMP)
        len = net_icmp_input(nif, p, room, &drop);
    else
        len = neigh_input(&table, p, room, now_ms, &drop);
    require(drop != COUNTER_NONE && (counter_infos[drop].kind == COUNTER_COUNT || len == 0));
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER || size > HEADER + ROOM_MAX)
        return 0;
    unsigned flags = data[0];
    uint32_t len = (uint32_t)(size - HEADER), room = len + data[1];
    uint64_t now_ms = data[2] * 60000ull;
    struct net_if nif;
    struct net_packet p, q;
    struct net_addr asked;
    enum counter drop = COUNTER_NONE;
    uint8_t mac[6], *frame = calloc(1, room + 1u);
    memcpy(frame, data + HEADER, len);
    make_interface(&nif, flags);
    neigh_init(&table, &nif, 0);
    require(net_addr_parse("198.18.0.9", &asked));
    neigh_resolve(&table, &asked, 0, mac);
    for (uint64_t at = 0; (flags & FLAG_SETTLED) && at < 12000; at += 1000)
        tick_all(at);
    unsigned csum = flags & FLAG_CSUM;
    enum net_kind kind = parse(&nif, frame, len, csum, &p, &drop);
    require(kind != NET_DROP || counter_infos[drop].kind == COUNTER_DROP);
    if (net_fast_parse(&nif, frame, len, csum, &q))
        require(net_parse_steps(&nif, frame, len, csum, &q, &drop) == NET_UDP);
    uint32_t sent = kind == NET_DROP ? 0 : answer(&nif, kind, &p, room, flags, now_ms);
    require(sent <= room);
    if (sent)
        check_answer(&nif, frame, sent, &p, flags & FLAG_OFFLOAD ? NET_CSUM_L4_GOOD : 0);
    tick_all(now_ms);
    free(frame);
    return 0;
}

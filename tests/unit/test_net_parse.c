// SPDX-License-Identifier: BSD-3-Clause
// Validation: one bad field at a time names exactly its counter; every valid kind passes; truncation is safe.
#include <stdlib.h>

#include "dataplane/net/checksum.h"
#include "dataplane/net/fast.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/frames.h"

static struct net_if us;

// A frame to break: what edit does to it must give want.
struct fault {
    const char *what;
    void (*build)(struct frame *f);
    void (*edit)(struct frame *f);
    enum counter want;
};

// Parses a copy that ends exactly at len, so that AddressSanitizer sees any read behind it.
static enum net_kind parse_exact(const struct frame *f, unsigned csum, struct net_packet *p,
                                 enum counter *drop)
{
    uint8_t *copy = malloc(f->len ? f->len : 1);
    memcpy(copy, f->b, f->len);
    *drop = COUNTER_NONE;
    enum net_kind kind = net_parse(&us, copy, f->len, csum, p, drop);
    free(copy);
    p->frame = NULL;
    return kind;
}

static void build_udp4(struct frame *f)
{
    frame_udp4(f, (const uint8_t *)"payload", 7);
}

static void build_udp6(struct frame *f)
{
    frame_udp6(f, (const uint8_t *)"payload", 7);
}

static void build_tcp4(struct frame *f)
{
    frame_tcp(f, 4);
}

static void build_tcp6(struct frame *f)
{
    frame_tcp(f, 6);
}

static void build_echo4(struct frame *f)
{
    frame_icmp4(f, 8, 0, 16);
}

static void build_echo6(struct frame *f)
{
    frame_icmp6(f, 128, 64, (const uint8_t *)"idsqpayload", 11);
}

static void build_arp(struct frame *f)
{
    frame_arp(f, 1, peer_mac, peer_ip4, (const uint8_t[6]){0}, us_ip4);
}

static void build_ns(struct frame *f)
{
    frame_nd(f, 135, 0, us_ip6, 1, peer_mac);
}

static void build_na(struct frame *f)
{
    frame_nd(f, 136, 0x60, peer_ip6, 2, peer_mac);
}

static void build_dad(struct frame *f)
{
    static const uint8_t none[16], group[16] = {0xff, 2, [11] = 1, 0xff, 0, 0, 2};
    frame_nd(f, 135, 0, us_ip6, 0, NULL);
    frame_readdress6(f, none, group);
}

static void build_mld(struct frame *f)
{
    static const uint8_t router[16] = {0xfe, 0x80, [15] = 1}, all[16] = {0xff, 2, [15] = 1};
    static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
    uint8_t body[24] = {0x03, 0xe8};
    frame_icmp6(f, 130, 1, body, sizeof(body));
    frame_readdress6(f, router, all);
    frame_insert(f, 54, alert, 8);
    frame_set16(f, 18, 36);
    f->b[20] = 0;
}

// Edits. seal4/seal6 repair the checksums, so that only the edited field is wrong.
static void seal4(struct frame *f)
{
    frame_seal(f, 14, 34, f->b[23]);
}

static void seal6(struct frame *f)
{
    frame_seal(f, 14, 54, f->b[20]);
}

#define EDIT(name, ...)                                                                                      \
    static void name(struct frame *f)                                                                        \
    {                                                                                                        \
        __VA_ARGS__;                                                                                         \
    }

EDIT(none, (void)f)
EDIT(cut_ethernet, f->len = 13)
EDIT(too_long, f->len = 65536)
EDIT(other_mac, f->b[5] = 9)
EDIT(other_group, f->b[0] = 1)
EDIT(group_source, f->b[6] |= 1)
EDIT(own_source_mac, memcpy(f->b + 6, us_mac, 6))
EDIT(unknown_type, frame_set16(f, 12, 0x88cc))
EDIT(nested_tag, frame_tag(f, 0x8100, 5); frame_tag(f, 0x8100, 6))
EDIT(service_tag, frame_tag(f, 0x88a8, 5))
EDIT(nested_service_tag, frame_tag(f, 0x88a8, 5); frame_tag(f, 0x8100, 6))
EDIT(cut_tag, frame_tag(f, 0x8100, 5); f->len = 17)
EDIT(unknown_tagged_type, frame_set16(f, 12, 0x88cc); frame_tag(f, 0x8100, 5))
EDIT(cut_ip4, f->len = 33)
EDIT(version4, f->b[14] = 0x65; seal4(f))
EDIT(ihl_small, f->b[14] = 0x44)
EDIT(ihl_large, f->b[14] = 0x4f)
EDIT(total_small, frame_set16(f, 16, 19); seal4(f))
EDIT(total_large, frame_set16(f, 16, frame_get16(f->b + 16) + 1); seal4(f))
EDIT(checksum4, f->b[24] ^= 1)
EDIT(more_fragments, f->b[20] = 0x20; seal4(f))
EDIT(fragment_offset, f->b[21] = 1; seal4(f))
EDIT(ttl_zero, f->b[22] = 0; seal4(f))
EDIT(source_zero, f->b[26] = 0; seal4(f))
EDIT(source_loopback, f->b[26] = 127; seal4(f))
EDIT(source_multicast, f->b[26] = 224; seal4(f))
EDIT(source_reserved, f->b[26] = 240; seal4(f))
EDIT(source_broadcast, f->b[29] = 255; seal4(f))
EDIT(source_own, memcpy(f->b + 26, us_ip4, 4); seal4(f))
EDIT(dest_other, f->b[33] = 77; seal4(f))
EDIT(dest_multicast, f->b[30] = 224; seal4(f))
EDIT(dest_limited, memset(f->b + 30, 255, 4); seal4(f))
EDIT(dest_directed, f->b[33] = 255; seal4(f))
EDIT(dest_directed_frame, memset(f->b, 255, 6); f->b[33] = 255; seal4(f))
EDIT(link_broadcast, memset(f->b, 255, 6))
EDIT(protocol4, f->b[23] = 47; seal4(f))

static void options4(struct frame *f, const uint8_t *options, uint32_t n)
{
    frame_insert(f, 34, options, n);
    f->b[14] = (uint8_t)(0x45 + n / 4);
    frame_set16(f, 16, frame_get16(f->b + 16) + n);
    frame_seal(f, 14, 34 + n, f->b[23]);
}

EDIT(loose_route, options4(f, (const uint8_t[8]){1, 131, 7, 4, 198, 18, 0, 9}, 8))
EDIT(strict_route, options4(f, (const uint8_t[8]){137, 7, 4, 198, 18, 0, 9, 0}, 8))
EDIT(option_zero, options4(f, (const uint8_t[4]){7, 0, 0, 0}, 4))
EDIT(option_long, options4(f, (const uint8_t[4]){7, 5, 0, 0}, 4))
EDIT(option_cut, options4(f, (const uint8_t[4]){1, 1, 1, 7}, 4))
EDIT(record_route, options4(f, (const uint8_t[8]){7, 7, 4, 0, 0, 0, 0, 1}, 8))

EDIT(cut_ip6, f->len = 53)
EDIT(version6, f->b[14] = 0x40)
EDIT(length6, frame_set16(f, 18, frame_get16(f->b + 18) + 1))
EDIT(source6_none, memset(f->b + 22, 0, 16); seal6(f))
EDIT(source6_loopback, memset(f->b + 22, 0, 15); f->b[37] = 1; seal6(f))
EDIT(source6_multicast, f->b[22] = 0xff; seal6(f))
EDIT(source6_mapped, memset(f->b + 22, 0, 10); memset(f->b + 32, 255, 2); seal6(f))
EDIT(source6_own, memcpy(f->b + 22, us_ip6, 16); seal6(f))
EDIT(dest6_other, f->b[53] = 77; seal6(f))
EDIT(dest6_other_group, memset(f->b + 38, 0, 16); f->b[38] = 0xff; f->b[39] = 2; f->b[53] = 2; seal6(f))
EDIT(dest6_all_nodes, memset(f->b + 38, 0, 16); f->b[38] = 0xff; f->b[39] = 2; f->b[53] = 1; seal6(f))
EDIT(link_multicast, f->b[0] = f->b[1] = 0x33; f->b[5] = 1)
EDIT(next_unknown, f->b[20] = 132)
EDIT(next_none, f->b[20] = 59)

// Puts an extension header of type in front of the upper layer.
static void extend6(struct frame *f, uint8_t type, uint8_t *header, uint32_t n)
{
    header[0] = f->b[20];
    frame_insert(f, 54, header, n);
    f->b[20] = type;
    frame_set16(f, 18, frame_get16(f->b + 18) + n);
}

EDIT(fragment6, extend6(f, 44, (uint8_t[8]){0, 0, 0, 1}, 8))
EDIT(routing0, extend6(f, 43, (uint8_t[8]){0, 0, 0, 0}, 8))
EDIT(routing_left, extend6(f, 43, (uint8_t[8]){0, 0, 4, 1}, 8))
EDIT(routing_done, extend6(f, 43, (uint8_t[8]){0, 0, 4, 0}, 8))
EDIT(destination_options, extend6(f, 60, (uint8_t[8]){0, 0, 1, 4}, 8))
EDIT(hop_by_hop, extend6(f, 0, (uint8_t[8]){0, 0, 0, 0x1e, 2, 0, 0, 0}, 8))
EDIT(option6_unknown, extend6(f, 0, (uint8_t[8]){0, 0, 0x9e, 4}, 8))
EDIT(option6_long, extend6(f, 60, (uint8_t[8]){0, 0, 1, 5}, 8))
EDIT(extension_long, extend6(f, 60, (uint8_t[8]){0, 9, 1, 4}, 8))
EDIT(hop_by_hop_late, hop_by_hop(f); destination_options(f))
EDIT(extension_cut, f->b[20] = 60; f->len = 58; frame_set16(f, 18, 4))

static void extensions_many(struct frame *f)
{
    for (int i = 0; i < 9; i++)
        destination_options(f);
}

static void extensions_eight(struct frame *f)
{
    for (int i = 0; i < 8; i++)
        destination_options(f);
}

EDIT(udp4_cut, f->len = 41; frame_set16(f, 16, 27); seal4(f))
EDIT(udp4_length_small, frame_set16(f, 38, 7))
EDIT(udp4_length_large, frame_set16(f, 38, 16))
EDIT(udp4_checksum, f->b[42] ^= 1)
EDIT(udp4_no_checksum, frame_set16(f, 40, 0))
EDIT(udp6_cut, f->len = 61; frame_set16(f, 18, 7))
EDIT(udp6_length_large, frame_set16(f, 58, 16))
EDIT(udp6_checksum, f->b[62] ^= 1)
EDIT(udp6_no_checksum, frame_set16(f, 60, 0))
EDIT(padded, frame_insert(f, f->len, NULL, 9))
EDIT(tcp4_cut, f->len = 53; frame_set16(f, 16, 39); seal4(f))
EDIT(icmp4_cut, f->len = 41; frame_set16(f, 16, 27); seal4(f))
EDIT(icmp4_checksum, f->b[45] ^= 1)
EDIT(icmp6_cut, f->len = 61; frame_set16(f, 18, 7))
EDIT(icmp6_checksum, f->b[60] ^= 1)

EDIT(arp_cut, f->len = 41)
EDIT(arp_hardware, f->b[15] = 6)
EDIT(arp_length, f->b[18] = 8)
EDIT(arp_operation, f->b[21] = 3)
EDIT(arp_group_mac, f->b[22] = 1)
EDIT(arp_zero_mac, memset(f->b + 22, 0, 6))
EDIT(arp_multicast_sender, f->b[28] = 224)
EDIT(arp_zero_reply, f->b[21] = 2; memset(f->b + 28, 0, 4))

EDIT(nd_hops, f->b[21] = 254)
EDIT(nd_code, f->b[55] = 1; seal6(f))
EDIT(nd_cut, f->len = 77; frame_set16(f, 18, 23); seal6(f))
EDIT(nd_group_target, f->b[62] = 0xff; seal6(f))
EDIT(nd_option_zero, f->b[79] = 0; seal6(f))
EDIT(nd_option_long, f->b[79] = 2; seal6(f))
EDIT(nd_option_cut, f->len = 84; frame_set16(f, 18, 30); seal6(f))
EDIT(na_solicited_group, dest6_all_nodes(f))
EDIT(na_from_nowhere, source6_none(f))
EDIT(dad_unicast, memcpy(f->b + 38, us_ip6, 16); memcpy(f->b, us_mac, 6); seal6(f))
EDIT(mld_hops, f->b[21] = 2)
EDIT(mld_global_source, memcpy(f->b + 22, peer_ip6, 16); frame_seal(f, 14, 62, 58))

static const struct fault faults[] = {
    {"short ethernet", build_udp4, cut_ethernet, CTR_eth_short},
    {"longer than 16 bits", build_udp4, too_long, CTR_eth_too_long},
    {"other mac", build_udp4, other_mac, CTR_eth_not_for_us},
    {"other group", build_udp4, other_group, CTR_eth_not_for_us},
    {"group source", build_udp4, group_source, CTR_eth_bad_source},
    {"own source mac", build_udp4, own_source_mac, CTR_eth_bad_source},
    {"unknown type", build_udp4, unknown_type, CTR_eth_unknown_type},
    {"nested tag", build_udp4, nested_tag, CTR_vlan_nested},
    {"service tag", build_udp4, service_tag, CTR_vlan_nested},
    {"nested service tag", build_udp4, nested_service_tag, CTR_vlan_nested},
    {"cut tag", build_udp4, cut_tag, CTR_eth_short},
    {"unknown tagged type", build_udp4, unknown_tagged_type, CTR_eth_unknown_type},
    {"cut ip4", build_udp4, cut_ip4, CTR_ip4_short},
    {"version", build_udp4, version4, CTR_ip4_bad_version},
    {"ihl small", build_udp4, ihl_small, CTR_ip4_bad_header_length},
    {"ihl large", build_udp4, ihl_large, CTR_ip4_bad_header_length},
    {"total small", build_udp4, total_small, CTR_ip4_bad_length},
    {"total large", build_udp4, total_large, CTR_ip4_bad_length},
    {"ip4 checksum", build_udp4, checksum4, CTR_ip4_bad_checksum},
    {"more fragments", build_udp4, more_fragments, CTR_ip4_fragment},
    {"fragment offset", build_udp4, fragment_offset, CTR_ip4_fragment},
    {"ttl zero", build_udp4, ttl_zero, CTR_ip4_ttl_zero},
    {"source zero", build_udp4, source_zero, CTR_ip4_bad_source},
    {"source loopback", build_udp4, source_loopback, CTR_ip4_bad_source},
    {"source multicast", build_udp4, source_multicast, CTR_ip4_bad_source},
    {"source reserved", build_udp4, source_reserved, CTR_ip4_bad_source},
    {"source broadcast", build_udp4, source_broadcast, CTR_ip4_bad_source},
    {"source own", build_udp4, source_own, CTR_ip4_own_source},
    {"dest other", build_udp4, dest_other, CTR_ip4_not_for_us},
    {"dest multicast", build_udp4, dest_multicast, CTR_ip4_multicast},
    {"dest limited broadcast", build_udp4, dest_limited, CTR_ip4_broadcast},
    {"dest directed broadcast", build_udp4, dest_directed, CTR_ip4_broadcast},
    {"broadcast on both layers", build_udp4, dest_directed_frame, CTR_ip4_broadcast},
    {"echo to broadcast", build_echo4, dest_directed_frame, CTR_ip4_broadcast},
    {"unicast in broadcast", build_udp4, link_broadcast, CTR_ip4_link_broadcast},
    {"protocol", build_udp4, protocol4, CTR_ip4_unknown_protocol},
    {"loose source route", build_udp4, loose_route, CTR_ip4_source_route},
    {"strict source route", build_udp4, strict_route, CTR_ip4_source_route},
    {"option of length 0", build_udp4, option_zero, CTR_ip4_bad_option},
    {"option too long", build_udp4, option_long, CTR_ip4_bad_option},
    {"option cut", build_udp4, option_cut, CTR_ip4_bad_option},
    {"cut ip6", build_udp6, cut_ip6, CTR_ip6_short},
    {"version 6", build_udp6, version6, CTR_ip6_bad_version},
    {"length 6", build_udp6, length6, CTR_ip6_bad_length},
    {"source6 unspecified, udp", build_udp6, source6_none, CTR_ip6_bad_source},
    {"source6 unspecified, tcp", build_tcp6, source6_none, CTR_ip6_bad_source},
    {"source6 unspecified, echo", build_echo6, source6_none, CTR_ip6_bad_source},
    {"source6 loopback", build_udp6, source6_loopback, CTR_ip6_bad_source},
    {"source6 multicast", build_udp6, source6_multicast, CTR_ip6_bad_source},
    {"source6 mapped", build_udp6, source6_mapped, CTR_ip6_bad_source},
    {"source6 own", build_udp6, source6_own, CTR_ip6_own_source},
    {"dest6 other", build_udp6, dest6_other, CTR_ip6_not_for_us},
    {"dest6 other group", build_udp6, dest6_other_group, CTR_ip6_not_for_us},
    {"udp to all nodes", build_udp6, dest6_all_nodes, CTR_ip6_multicast},
    {"tcp to all nodes", build_tcp6, dest6_all_nodes, CTR_ip6_multicast},
    {"unicast in multicast", build_udp6, link_multicast, CTR_ip6_link_multicast},
    {"next unknown", build_udp6, next_unknown, CTR_ip6_unknown_header},
    {"no next header", build_udp6, next_none, CTR_ip6_no_next_header},
    {"fragment 6", build_udp6, fragment6, CTR_ip6_fragment},
    {"routing type 0", build_udp6, routing0, CTR_ip6_routing_header},
    {"segments left", build_udp6, routing_left, CTR_ip6_routing_header},
    {"option6 unknown", build_udp6, option6_unknown, CTR_ip6_bad_option},
    {"option6 long", build_udp6, option6_long, CTR_ip6_bad_option},
    {"extension long", build_udp6, extension_long, CTR_ip6_bad_extension},
    {"hop-by-hop not first", build_udp6, hop_by_hop_late, CTR_ip6_bad_extension},
    {"extension cut", build_udp6, extension_cut, CTR_ip6_bad_extension},
    {"nine extensions", build_udp6, extensions_many, CTR_ip6_bad_extension},
    {"udp4 cut", build_udp4, udp4_cut, CTR_udp_short},
    {"udp4 length small", build_udp4, udp4_length_small, CTR_udp_bad_length},
    {"udp4 length large", build_udp4, udp4_length_large, CTR_udp_bad_length},
    {"udp4 checksum", build_udp4, udp4_checksum, CTR_udp_bad_checksum},
    {"udp6 cut", build_udp6, udp6_cut, CTR_udp_short},
    {"udp6 length large", build_udp6, udp6_length_large, CTR_udp_bad_length},
    {"udp6 checksum", build_udp6, udp6_checksum, CTR_udp_bad_checksum},
    {"udp6 no checksum", build_udp6, udp6_no_checksum, CTR_udp6_no_checksum},
    {"tcp cut", build_tcp4, tcp4_cut, CTR_tcp_short},
    {"icmp cut", build_echo4, icmp4_cut, CTR_icmp_short},
    {"icmp checksum", build_echo4, icmp4_checksum, CTR_icmp_bad_checksum},
    {"icmp6 cut", build_echo6, icmp6_cut, CTR_icmp6_short},
    {"icmp6 checksum", build_echo6, icmp6_checksum, CTR_icmp6_bad_checksum},
    {"arp cut", build_arp, arp_cut, CTR_arp_short},
    {"arp hardware", build_arp, arp_hardware, CTR_arp_malformed},
    {"arp address length", build_arp, arp_length, CTR_arp_malformed},
    {"arp operation", build_arp, arp_operation, CTR_arp_malformed},
    {"arp group mac", build_arp, arp_group_mac, CTR_arp_bad_sender},
    {"arp zero mac", build_arp, arp_zero_mac, CTR_arp_bad_sender},
    {"arp multicast sender", build_arp, arp_multicast_sender, CTR_arp_bad_sender},
    {"arp reply from 0.0.0.0", build_arp, arp_zero_reply, CTR_arp_bad_sender},
    {"nd hop limit", build_ns, nd_hops, CTR_nd_bad_hop_limit},
    {"nd code", build_ns, nd_code, CTR_nd_malformed},
    {"nd cut", build_ns, nd_cut, CTR_nd_malformed},
    {"nd group target", build_na, nd_group_target, CTR_nd_malformed},
    {"nd option of length 0", build_ns, nd_option_zero, CTR_nd_bad_option},
    {"nd option long", build_ns, nd_option_long, CTR_nd_bad_option},
    {"nd option cut", build_na, nd_option_cut, CTR_nd_bad_option},
    {"na solicited to group", build_na, na_solicited_group, CTR_nd_malformed},
    {"na from nowhere", build_na, na_from_nowhere, CTR_nd_bad_dad},
    {"dad to unicast", build_dad, dad_unicast, CTR_nd_bad_dad},
    {"dad with link address", build_ns, source6_none, CTR_nd_bad_dad},
    {"mld hop limit", build_mld, mld_hops, CTR_mld_malformed},
    {"mld global source", build_mld, mld_global_source, CTR_mld_malformed},
};

static void test_faults(void)
{
    static struct {
        struct frame f;
        uint8_t room[65536];
    } big;
    for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct net_packet p;
        enum counter drop = COUNTER_NONE;
        faults[i].build(&big.f);
        CU_ASSERT_NOT_EQUAL(parse_exact(&big.f, 0, &p, &drop), NET_DROP);
        faults[i].edit(&big.f);
        enum net_kind kind = net_parse(&us, big.f.b, big.f.len, 0, &p, &drop);
        if (kind != NET_DROP || drop != faults[i].want)
            printf("\n  %s: kind %d, %s instead of %s", faults[i].what, kind,
                   counter_infos[drop].name ? counter_infos[drop].name : "none",
                   counter_infos[faults[i].want].name);
        CU_ASSERT_EQUAL(kind, NET_DROP);
        CU_ASSERT_EQUAL(drop, faults[i].want);
    }
}

static const struct {
    const char *what;
    void (*build)(struct frame *f);
    void (*edit)(struct frame *f);
    enum net_kind want;
    uint16_t l4, payload;
} valid[] = {
    {"udp4", build_udp4, none, NET_UDP, 34, 42},
    {"udp4 padded", build_udp4, padded, NET_UDP, 34, 42},
    {"udp4 no checksum", build_udp4, udp4_no_checksum, NET_UDP, 34, 42},
    {"udp4 options", build_udp4, record_route, NET_UDP, 42, 50},
    {"udp6", build_udp6, none, NET_UDP, 54, 62},
    {"udp6 padded", build_udp6, padded, NET_UDP, 54, 62},
    {"udp6 destination options", build_udp6, destination_options, NET_UDP, 62, 70},
    {"udp6 hop by hop", build_udp6, hop_by_hop, NET_UDP, 62, 70},
    {"udp6 routing finished", build_udp6, routing_done, NET_UDP, 62, 70},
    {"udp6 eight extensions", build_udp6, extensions_eight, NET_UDP, 118, 126},
    {"tcp4", build_tcp4, none, NET_TCP, 34, 0},
    {"tcp6", build_tcp6, none, NET_TCP, 54, 0},
    {"echo4", build_echo4, none, NET_ICMP, 34, 0},
    {"echo6", build_echo6, none, NET_ICMP, 54, 0},
    {"echo6 to all nodes", build_echo6, dest6_all_nodes, NET_ICMP, 54, 0},
    {"arp", build_arp, none, NET_NEIGHBOUR, 0, 0},
    {"ns", build_ns, none, NET_NEIGHBOUR, 54, 0},
    {"na", build_na, none, NET_NEIGHBOUR, 54, 0},
    {"dad", build_dad, none, NET_NEIGHBOUR, 54, 0},
    {"mld query", build_mld, none, NET_NEIGHBOUR, 62, 0},
};

static void check_valid(unsigned i, const struct frame *f, uint16_t tag)
{
    struct net_packet p;
    enum counter drop;
    enum net_kind kind = parse_exact(f, 0, &p, &drop);
    if (kind != valid[i].want)
        printf("\n  %s (tag %u): %d, %s", valid[i].what, tag, kind,
               counter_infos[drop].name ? counter_infos[drop].name : "none");
    CU_ASSERT_EQUAL(kind, valid[i].want);
    CU_ASSERT_EQUAL(p.l3, 14 + tag);
    CU_ASSERT_EQUAL(p.l4, valid[i].l4 ? valid[i].l4 + tag : 0);
    if (kind == NET_UDP) {
        CU_ASSERT_EQUAL(p.payload, valid[i].payload + tag);
        CU_ASSERT_EQUAL(p.len - p.payload, 7);
        CU_ASSERT(p.sport == 40000 && p.dport == NET_NATIVE_PORT);
    }
    if (kind == NET_TCP)
        CU_ASSERT(p.sport == 40000 && p.dport == 6379);
}

static void test_valid(void)
{
    for (unsigned i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        struct frame f;
        valid[i].build(&f);
        valid[i].edit(&f);
        check_valid(i, &f, 0);
        frame_tag(&f, 0x8100, 7);
        check_valid(i, &f, 4);
    }
}

// Whatever a cut leaves is refused by name; the copy of exact size lets the sanitizer watch the reads.
static void test_truncation(void)
{
    for (unsigned i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        struct frame f;
        valid[i].build(&f);
        valid[i].edit(&f);
        for (unsigned tagged = 0; tagged < 2; tagged++) {
            struct net_packet p;
            enum counter drop;
            parse_exact(&f, 0, &p, &drop);
            uint32_t needed = valid[i].want == NET_NEIGHBOUR && p.family == 0 ? p.l3 + 28u : p.len;
            for (f.len = 0; f.len < needed; f.len++) {
                CU_ASSERT_EQUAL(parse_exact(&f, 0, &p, &drop), NET_DROP);
                CU_ASSERT_NOT_EQUAL(drop, COUNTER_NONE);
                CU_ASSERT_EQUAL(counter_infos[drop].kind, COUNTER_DROP);
            }
            frame_tag(&f, 0x8100, 7);
        }
    }
}

// Checksums the port has verified are not looked at again; the others still are.
static void test_offload(void)
{
    struct frame f;
    struct net_packet p;
    enum counter drop;
    build_udp4(&f);
    checksum4(&f);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_IP_GOOD, &p, &drop), NET_UDP);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_L4_GOOD, &p, &drop), NET_DROP);
    udp4_checksum(&f);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_IP_GOOD | NET_CSUM_L4_GOOD, &p, &drop), NET_UDP);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_IP_GOOD, &p, &drop), NET_DROP);
    CU_ASSERT_EQUAL(drop, CTR_udp_bad_checksum);
    build_udp6(&f);
    udp6_checksum(&f);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_L4_GOOD, &p, &drop), NET_UDP);
    udp6_no_checksum(&f);
    CU_ASSERT_EQUAL(parse_exact(&f, NET_CSUM_L4_GOOD, &p, &drop), NET_DROP);
}

static bool same_packet(const struct net_packet *a, const struct net_packet *b)
{
    return a->len == b->len && a->l3 == b->l3 && a->l4 == b->l4 && a->payload == b->payload &&
           a->family == b->family && a->proto == b->proto && a->sport == b->sport && a->dport == b->dport;
}

// Random single and double faults: the fast path accepts nothing that the steps refuse, and gives the same.
static void test_fast_agrees(void)
{
    uint64_t seed = 20480;
    unsigned fast = 0, wrong = 0;
    for (unsigned n = 0; n < 200000; n++) {
        struct frame f;
        struct net_packet a, b;
        enum counter drop = COUNTER_NONE;
        if (n & 1)
            build_udp4(&f);
        else
            build_udp6(&f);
        for (unsigned k = frame_random(&seed) % 3; k > 0; k--)
            f.b[frame_random(&seed) % 62] ^= (uint8_t)(1u << frame_random(&seed) % 8);
        unsigned csum = frame_random(&seed) % 4;
        if (frame_random(&seed) % 2)
            frame_seal(&f, 14, n & 1 ? 34 : 54, 17);
        f.len += frame_random(&seed) % 3;
        if (!net_fast_parse(&us, f.b, f.len, csum, &a))
            continue;
        fast++;
        enum net_kind kind = net_parse_steps(&us, f.b, f.len, csum, &b, &drop);
        wrong += kind != NET_UDP || !same_packet(&a, &b);
    }
    CU_ASSERT(fast > 10000);
    CU_ASSERT_EQUAL(wrong, 0);
}

// The sum of RFC 1071 3: 00 01 f2 03 f4 f5 f6 f7 adds up to ddf2.
static void test_checksum_vectors(void)
{
    static const uint8_t rfc1071[8] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CU_ASSERT_EQUAL(swap16(csum_fold(csum_bytes(0, rfc1071, 8))), 0xddf2);
    CU_ASSERT_EQUAL(csum_fold(0), 0);
    CU_ASSERT_EQUAL(csum_fold(~(csum_acc)0), 0xffff);
    uint64_t seed = 1071;
    uint8_t data[300];
    for (unsigned n = 0; n < sizeof(data); n++) {
        for (unsigned i = 0; i < n; i++)
            data[i] = (uint8_t)(n % 3 ? frame_random(&seed) : 0xff);
        CU_ASSERT_EQUAL(swap16(csum_fold(csum_bytes(0, data, n))), frame_sum(0, data, n));
    }
}

static void test_addresses(void)
{
    static const char *const bad[] = {
        "",           "198.18.0",     "198.18.0.2/33", "198.18.0.2/",  "198.18.0.2/x",
        "2001::/129", "2001:db8:::1", "198.18.0.2 ",   "1.2.3.4/0001", "/24"};
    struct net_addr a;
    char text[46];
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(net_addr_parse(bad[i], &a));
    CU_ASSERT(net_addr_parse("198.18.0.2/24", &a));
    CU_ASSERT(a.family == 4 && a.prefix == 24 && memcmp(a.bytes, us_ip4, 4) == 0);
    CU_ASSERT_STRING_EQUAL(net_addr_text(&a, text, sizeof(text)), "198.18.0.2");
    CU_ASSERT(net_addr_parse("2001:db8::2", &a));
    CU_ASSERT(a.family == 6 && a.prefix == 128 && memcmp(a.bytes, us_ip6, 16) == 0);
    CU_ASSERT_STRING_EQUAL(net_addr_text(&a, text, sizeof(text)), "2001:db8::2");
    CU_ASSERT(net_addr_parse("198.18.0.3/31", &a));
    static const uint8_t in[4] = {198, 18, 0, 2}, out[4] = {198, 18, 0, 4};
    CU_ASSERT(addr_in_prefix(&a, in));
    CU_ASSERT_FALSE(addr_in_prefix(&a, out));
}

// On a /31 the highest address is a host (RFC 3021), on the fast path as well.
static void test_point_to_point(void)
{
    struct net_if nif;
    struct net_packet p;
    enum counter drop = COUNTER_NONE;
    struct frame f;
    frame_interface(&nif, us_mac, "198.18.0.2/31", NULL);
    build_udp4(&f);
    f.b[29] = 3;
    seal4(&f);
    CU_ASSERT_EQUAL(net_parse(&nif, f.b, f.len, 0, &p, &drop), NET_UDP);
    nif.addrs[0].prefix = 30;
    CU_ASSERT_EQUAL(net_parse(&nif, f.b, f.len, 0, &p, &drop), NET_DROP);
    CU_ASSERT_EQUAL(drop, CTR_ip4_bad_source);
}

static const struct unit_test tests[] = {
    {"each bad field has its counter", test_faults},       {"valid frames of every kind", test_valid},
    {"every truncation is named", test_truncation},        {"verified checksums are skipped", test_offload},
    {"fast path agrees with the steps", test_fast_agrees}, {"checksum vectors", test_checksum_vectors},
    {"address texts and prefixes", test_addresses},        {"point-to-point prefixes", test_point_to_point},
};

int main(void)
{
    frame_interface(&us, us_mac, "198.18.0.2/24", "2001:db8::2/64");
    return unit_main("net_parse", tests, sizeof(tests) / sizeof(tests[0]));
}

// SPDX-License-Identifier: BSD-3-Clause
#include "client/pcap/udp.h"

#define MAC_LEN        14u
#define VLAN_LEN       4u
#define IPV4_LEN       20u
#define IPV6_LEN       40u
#define UDP_LEN        8u
#define EXTENSIONS_MAX 8u

enum { ETHERTYPE_V4 = 0x0800, ETHERTYPE_V6 = 0x86dd, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_QINQ = 0x88a8 };
enum {
    PROTO_HOP_BY_HOP = 0,
    PROTO_UDP = 17,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_DESTINATION = 60
};

static uint16_t big16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

// left: bytes that IP says follow; have: bytes captured.
static enum udp_verdict find_header(const uint8_t *udp, uint32_t left, uint32_t have,
                                    struct udp_datagram *out)
{
    if (left < UDP_LEN)
        return UDP_BAD_HEADER;
    if (have < UDP_LEN)
        return UDP_CUT_SHORT;
    uint32_t len = big16(udp + 4);
    if (len < UDP_LEN || len > left)
        return UDP_BAD_HEADER;
    if (len > have)
        return UDP_CUT_SHORT;
    out->source_port = big16(udp);
    out->destination_port = big16(udp + 2);
    out->payload = udp + UDP_LEN;
    out->len = len - UDP_LEN;
    return UDP_FOUND;
}

static enum udp_verdict find_in_v4(const uint8_t *ip, uint32_t have, struct udp_datagram *out)
{
    if (have < IPV4_LEN)
        return UDP_CUT_SHORT;
    uint32_t header = (ip[0] & 15u) * 4u, total = big16(ip + 2);
    if (ip[0] >> 4 != 4 || header < IPV4_LEN || total < header)
        return UDP_BAD_HEADER;
    if (ip[9] != PROTO_UDP)
        return UDP_NONE;
    if (big16(ip + 6) & 0x3fff) // more fragments, or an offset
        return UDP_FRAGMENT;
    if (have < header)
        return UDP_CUT_SHORT;
    out->family = 4;
    out->source = ip + 12;
    out->destination = ip + 16;
    return find_header(ip + header, total - header, have - header, out);
}

static enum udp_verdict find_in_v6(const uint8_t *ip, uint32_t have, struct udp_datagram *out)
{
    if (have < IPV6_LEN)
        return UDP_CUT_SHORT;
    uint32_t at = IPV6_LEN, total = IPV6_LEN + big16(ip + 4);
    uint8_t proto = ip[6];
    if (ip[0] >> 4 != 6)
        return UDP_BAD_HEADER;
    out->family = 6;
    out->source = ip + 8;
    out->destination = ip + 24;
    for (unsigned i = 0; i < EXTENSIONS_MAX && proto != PROTO_UDP; i++) {
        const uint8_t *extension = ip + at;
        if (proto != PROTO_HOP_BY_HOP && proto != PROTO_ROUTING && proto != PROTO_DESTINATION &&
            proto != PROTO_FRAGMENT)
            return UDP_NONE;
        if (total < at + 8)
            return UDP_BAD_HEADER;
        if (have < at + 8)
            return UDP_CUT_SHORT;
        if (proto == PROTO_FRAGMENT && (big16(extension + 2) & 0xfff9)) // an offset, or more fragments
            return UDP_FRAGMENT;
        at += proto == PROTO_FRAGMENT ? 8u : 8u + extension[1] * 8u;
        proto = extension[0];
    }
    if (proto != PROTO_UDP)
        return UDP_NONE;
    if (total < at)
        return UDP_BAD_HEADER;
    if (have < at)
        return UDP_CUT_SHORT;
    return find_header(ip + at, total - at, have - at, out);
}

enum udp_verdict udp_find(const uint8_t *frame, uint32_t captured, struct udp_datagram *out)
{
    uint32_t at = MAC_LEN;

    if (captured < MAC_LEN)
        return UDP_CUT_SHORT;
    uint16_t type = big16(frame + 12);
    for (unsigned tags = 0; tags < 2 && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); tags++) {
        if (captured < at + VLAN_LEN)
            return UDP_CUT_SHORT;
        type = big16(frame + at + 2);
        at += VLAN_LEN;
    }
    if (type == ETHERTYPE_V4)
        return find_in_v4(frame + at, captured - at, out);
    return type == ETHERTYPE_V6 ? find_in_v6(frame + at, captured - at, out) : UDP_NONE;
}

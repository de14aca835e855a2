// SPDX-License-Identifier: BSD-3-Clause
// Ethernet to UDP: validation of received frames, replies built in place, ARP, neighbour discovery, ICMP.
// Pure: bytes in, bytes out, time as an argument; no DPDK. Frames are contiguous. Multi-byte fields of these
// structs are in host order unless named *_be; addresses are byte arrays in network order.
#ifndef GODWIT_DATAPLANE_NET_NET_H
#define GODWIT_DATAPLANE_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/counters.h"

#define NET_ADDRESSES_MAX 16u // per interface and family
#define NET_NATIVE_PORT   20480u
#define NET_NATIVE_PORTS  128u

struct net_addr {
    uint8_t family; // 4 or 6
    uint8_t prefix; // length, bits
    uint8_t bytes[16];
};

struct neigh_table; // net/neigh.h
struct net_limiter; // net/limiter.h: token bucket of ICMP errors

// What one logical port answers to. Read-only on the packet path; written before the workers start.
struct net_if {
    uint8_t mac[6];
    uint16_t mtu; // of IP packets, bytes
    unsigned n_addrs;
    struct net_addr addrs[2 * NET_ADDRESSES_MAX];
    bool has_gateway4, has_gateway6;
    struct net_addr gateway4, gateway6;
};

// Checksums already verified by the port.
#define NET_CSUM_IP_GOOD 1u
#define NET_CSUM_L4_GOOD 2u

// A validated frame. Offsets from the frame's first byte.
struct net_packet {
    uint8_t *frame;
    uint16_t len;          // bytes of the frame that belong to it (Ethernet padding cut)
    uint16_t l3;           // offset of the IP header (14, or 18 behind an 802.1Q tag)
    uint16_t l4;           // offset of the header behind IP (and IPv6 extension headers)
    uint16_t payload;      // offset of the UDP payload
    uint8_t family;        // 4, 6, or 0 when not IP (ARP)
    uint8_t proto;         // IP protocol
    uint16_t sport, dport; // UDP and TCP only
};

enum net_kind {
    NET_DROP = 0, // *drop says why
    NET_UDP,      // for one of our addresses, checksum verified
    NET_TCP,      // for one of our addresses; TCP header not looked at yet
    NET_ICMP,     // ICMP or ICMPv6 for us: give it to net_icmp_input
    NET_NEIGHBOUR // ARP or ND: give it to neigh_input, on the worker that owns the neighbour table
};

// Validates one frame completely up to layer 4 (RFC 894, 8200, 791, 1122 3.2, 768; every check its own drop
// counter, written only when NET_DROP is returned). csum: NET_CSUM_* bits; ICMP is always verified. UDP to
// broadcast or multicast is never NET_UDP. Bounds: reads only frame[0..len).
enum net_kind net_parse(const struct net_if *nif, uint8_t *frame, uint32_t len, unsigned csum,
                        struct net_packet *p, enum counter *drop);

// Turns the received UDP packet p into the reply to its sender, in place: addresses and ports swapped, TTL
// reset, lengths set for payload_len bytes already standing at p->payload, checksums written (IP always; UDP
// in software unless offload_l4, then the pseudo-header sum is left in the field for the port). IPv4 options
// and IPv6 extension headers are removed (the payload moves, p follows). A tag stays, and the reply goes to
// the MAC the request came from. Returns the new frame length (also p->len): no padding is added.
uint32_t net_reply_udp(struct net_packet *p, uint32_t payload_len, bool offload_l4);

// Answers echo requests in place; everything else is counted. Returns the length of the reply in frame, or 0.
// *drop is always set to the one counter to add to: kind COUNT for an answer and for messages that were
// consumed, DROP for those that were refused. The reply is never longer than the request.
uint32_t net_icmp_input(const struct net_if *nif, struct net_packet *p, uint32_t room, enum counter *drop);

// Builds, in place of the offending packet, the ICMP/ICMPv6 port-unreachable error about it (RFC
// 1122 3.2.2.1, RFC 4443 3.1 and 2.4: never about multicast, broadcast, fragments or errors; at most 576/1280
// bytes), if the limiter lets it. Returns the frame length or 0; *drop is always set, to a COUNT one when the
// error was built. room: bytes of the buffer from frame on.
uint32_t net_port_unreachable(const struct net_if *nif, struct net_limiter *lim, struct net_packet *p,
                              uint32_t room, uint64_t now_ms, enum counter *drop);

// UDP payload bytes that fit into one frame of the interface towards the sender of p.
uint32_t net_udp_room(const struct net_if *nif, const struct net_packet *p);

// Parses "198.18.0.2/24" or "2001:db8::1/64" (prefix optional: host). Returns false when malformed.
bool net_addr_parse(const char *text, struct net_addr *out);
// Writes the address without prefix; buf of at least 46 bytes. Returns buf.
const char *net_addr_text(const struct net_addr *a, char *buf, size_t len);

#endif

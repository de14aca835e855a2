// SPDX-License-Identifier: BSD-3-Clause
// Numbers of the protocols, and the validation steps that net_parse chains. A step returns COUNTER_NONE or
// the drop that names what is wrong.
#ifndef GODWIT_DATAPLANE_NET_PROTOCOL_H
#define GODWIT_DATAPLANE_NET_PROTOCOL_H

#include "dataplane/net/byteorder.h"
#include "dataplane/net/net.h"

#define ETH_HEADER      14u
#define VLAN_TAG        4u
#define ETYPE_IP4       0x0800u
#define ETYPE_ARP       0x0806u
#define ETYPE_VLAN      0x8100u
#define ETYPE_QINQ      0x88a8u
#define ETYPE_IP6       0x86ddu
#define IP4_HEADER      20u
#define IP6_HEADER      40u
#define UDP_HEADER      8u
#define ICMP_HEADER     8u
#define PROTO_ICMP      1u
#define PROTO_TCP       6u
#define PROTO_UDP       17u
#define PROTO_ICMP6     58u
#define ICMP6_MLD       130u // multicast listener query
#define ICMP6_NS        135u
#define ICMP6_NA        136u
#define DEFAULT_TTL     64u
#define LINK_LOCAL_HOPS 255u // hop limit that proves a sender on this link (RFC 4861)

// Ethernet and 802.1Q: sets p->l3 and *type; p->frame and p->len are set before.
enum counter ethernet_check(const struct net_if *nif, struct net_packet *p, uint16_t *type);
enum counter arp_check(const struct net_packet *p);
// IP: set family, l4, proto, and cut p->len to the packet.
enum counter ipv4_check(const struct net_if *nif, struct net_packet *p, unsigned csum);
enum counter ipv6_check(const struct net_if *nif, struct net_packet *p);
// Extension headers from *next at p->l4 on: p->l4 and p->proto become the upper layer's.
enum counter ipv6_extensions(struct net_packet *p, uint8_t next);
enum counter udp_check(struct net_packet *p, unsigned csum);
enum counter tcp_check(struct net_packet *p);
enum counter icmp_check(const struct net_packet *p);
enum counter icmp6_check(const struct net_packet *p);
// NS and NA; MLD queries. Require icmp6_check.
enum counter nd_check(const struct net_packet *p);
enum counter mld_check(const struct net_packet *p);

// net_parse without the fast path: every packet takes the steps above.
enum net_kind net_parse_steps(const struct net_if *nif, uint8_t *frame, uint32_t len, unsigned csum,
                              struct net_packet *p, enum counter *drop);

// Writers. ethernet_write: header without tag.
void ethernet_write(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint16_t type);
void ethernet_swap(struct net_packet *p, const uint8_t *our_mac);
// A header without options at ip; addresses must not overlap it. total: bytes of the packet.
void ipv4_write(uint8_t *ip, uint8_t proto, uint32_t total, const uint8_t *src, const uint8_t *dst);
void ipv6_write(uint8_t *ip, uint8_t next, uint8_t hops, uint32_t payload_len, const uint8_t *src,
                const uint8_t *dst);
// Makes the received packet one without options or extension headers: what stands from p->l4 on moves up.
void ip_strip(struct net_packet *p);
// Fills the checksum of the ICMPv6 message of len bytes at icmp into its field (zeroed before).
void icmp6_seal(const uint8_t *ip, uint8_t *icmp, uint32_t len);

// An ICMP message that passed its check: builds the echo reply in place and returns its length, or returns 0.
// *drop is always set to the one counter to add to.
uint32_t icmp4_input(const struct net_if *nif, struct net_packet *p, enum counter *drop);
uint32_t icmp6_input(const struct net_if *nif, struct net_packet *p, enum counter *drop);

// Addresses. index: into nif->addrs, or -1 when bytes is none of ours.
int addr_index(const struct net_if *nif, uint8_t family, const uint8_t *bytes);
bool addr_in_prefix(const struct net_addr *a, const uint8_t *bytes);
// Subnet broadcast address of one of ours, or the limited one.
bool addr_is_broadcast4(const struct net_if *nif, const uint8_t *bytes);
// The solicited-node group of one of our addresses, or all nodes.
bool addr_is_our_group6(const struct net_if *nif, const uint8_t *bytes);
void addr_solicited_node(const uint8_t *addr, uint8_t group[16]);
void addr_group_mac(const uint8_t *group, uint8_t mac[6]);

extern const uint8_t addr_broadcast_mac[6];
extern const uint8_t addr_all_nodes[16];   // ff02::1
extern const uint8_t addr_unspecified[16]; // ::, and 0.0.0.0 in its first bytes

#endif

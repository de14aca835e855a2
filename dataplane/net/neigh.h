// SPDX-License-Identifier: BSD-3-Clause
// Neighbour cache of one port: ARP (RFC 826, 5227) and IPv6 neighbour discovery (RFC 4861, 4862 duplicate
// address detection). Pure: frames in, frames out, time as an argument. One worker owns a port's table.
#ifndef GODWIT_NET_NEIGH_H
#define GODWIT_NET_NEIGH_H

#include "dataplane/net/net.h"

#define NEIGH_ENTRIES 1024u

enum neigh_state { NEIGH_FREE, NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_PROBE, NEIGH_STATIC };

struct neigh_entry {
    struct net_addr addr;
    uint8_t mac[6];
    uint8_t state; // enum neigh_state
    uint8_t probes;
    uint64_t updated_ms;
    uint64_t next_ms;
};

enum neigh_address_state { NEIGH_ADDR_TENTATIVE, NEIGH_ADDR_OK, NEIGH_ADDR_CONFLICT };

struct neigh_table {
    const struct net_if *nif;
    struct neigh_entry entries[NEIGH_ENTRIES]; // open addressing; full: the oldest non-static entry gives way
    uint8_t addr_state[2 * NET_ADDRESSES_MAX]; // enum neigh_address_state, per nif->addrs
    uint8_t addr_probes[2 * NET_ADDRESSES_MAX];
    uint64_t addr_next_ms[2 * NET_ADDRESSES_MAX];
    uint8_t conflict_mac[6]; // last sender that claimed one of our addresses
    unsigned rotor;          // private: next entry that neigh_tick looks at
};

// Starts: every address tentative (probed, then announced by neigh_tick). Answers are given from the start.
void neigh_init(struct neigh_table *t, const struct net_if *nif, uint64_t now_ms);
void neigh_add_static(struct neigh_table *t, const struct net_addr *a, const uint8_t mac[6]);

// Handles one ARP or ND packet; learns by the RFCs' rules (only what was asked for or already known is
// created, so that a flood of unsolicited claims cannot fill the table). Returns the length of the answer
// built in place, or 0 (*drop is COUNTER_NONE when it was consumed without an answer).
uint32_t neigh_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                     enum counter *drop);

// The link address to reach addr (via the gateway when off-link). Returns true and mac, or false: resolution
// was started (neigh_tick sends the request).
bool neigh_resolve(struct neigh_table *t, const struct net_addr *addr, uint64_t now_ms, uint8_t mac[6]);

// Time-driven frames: probes, announcements, requests, refreshes, MLD reports; also keeps the gateways
// resolved. Looks at a bounded number of entries. Writes at most one frame to buf (at least 128 bytes) and
// returns its length, 0 when nothing is due now; call again until 0. *wake_ms: nothing is due before.
uint32_t neigh_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms);

const char *neigh_state_name(unsigned state);

#endif

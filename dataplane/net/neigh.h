// SPDX-License-Identifier: BSD-3-Clause
// Neighbour cache of one port: ARP (RFC 826, 5227) and IPv6 neighbour discovery (RFC 4861, 4862 duplicate
// address detection). Pure: frames in, frames out, time as an argument. One worker owns a port's table.
#ifndef GODWIT_DATAPLANE_NET_NEIGH_H
#define GODWIT_DATAPLANE_NET_NEIGH_H

#include "dataplane/net/net.h"

#define NEIGH_ENTRIES      1024u // a power of two
#define NEIGH_WINDOW       16u   // places an address may have
#define NEIGH_NEVER        UINT64_MAX

// Times in milliseconds (RFC 4861 10, RFC 5227 1.1). Initial random delays are left out: a port starts once.
#define NEIGH_RETRANS_MS   1000u   // between requests, probes
#define NEIGH_REQUESTS     3u      // unanswered ones until an entry is given up
#define NEIGH_REACHABLE_MS 30000u  // how long a confirmation lasts
#define NEIGH_IDLE_MS      600000u // a stale entry nobody uses is forgotten
#define NEIGH_ANNOUNCE_MS  2000u   // between the last probe and the first announcement, and the next
#define NEIGH_DEFEND_MS    10000u  // between defences of one address
#define NEIGH_CONFLICT_MS  60000u  // quiet time after which a lost address is probed again

enum neigh_state { NEIGH_FREE, NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_PROBE, NEIGH_STATIC };

struct neigh_entry {
    struct net_addr addr;
    uint8_t mac[6];
    uint8_t state;  // enum neigh_state
    uint8_t probes; // requests sent in this state
    bool used;      // resolved since the last confirmation
    uint64_t updated_ms;
    uint64_t next_ms; // when neigh_tick has to act
};

enum neigh_address_state { NEIGH_ADDR_TENTATIVE, NEIGH_ADDR_OK, NEIGH_ADDR_CONFLICT };

struct neigh_table {
    const struct net_if *nif;
    // Open addressing in a window of NEIGH_WINDOW places; a full window's oldest non-static entry gives way.
    struct neigh_entry entries[NEIGH_ENTRIES];
    uint8_t addr_state[2 * NET_ADDRESSES_MAX];  // enum neigh_address_state, per nif->addrs
    uint8_t addr_probes[2 * NET_ADDRESSES_MAX]; // step of probing and announcing
    uint64_t addr_next_ms[2 * NET_ADDRESSES_MAX];
    uint64_t addr_defend_ms[2 * NET_ADDRESSES_MAX]; // no defence before
    uint8_t conflict_mac[6];                        // last sender that claimed one of our addresses
    uint64_t conflicts;                             // claims seen
    uint32_t reports_pending;                       // MLD: bit per nif->addrs
    uint64_t reports_ms;
    uint64_t gateway_ms; // next look at the gateways
    unsigned rotor;      // private: next entry that neigh_tick looks at
    uint64_t due_ms;     // private: no entry needs neigh_tick before
    uint64_t pass_ms;    // private: as due_ms, of the entries already passed
};

// Starts: every address tentative (probed, then announced by neigh_tick). Answers are given from the start;
// an address found in use elsewhere while tentative is in state CONFLICT, not answered for, and probed again
// after NEIGH_CONFLICT_MS. An address that is OK is defended, at most once in NEIGH_DEFEND_MS (RFC 5227 2.4
// c).
void neigh_init(struct neigh_table *t, const struct net_if *nif, uint64_t now_ms);
// Never overwritten or evicted. False when NEIGH_WINDOW static entries already stand where this one would.
bool neigh_add_static(struct neigh_table *t, const struct net_addr *a, const uint8_t mac[6]);

// Handles one ARP or ND packet; learns by the RFCs' rules (only what was asked for or already known is
// created, so that a flood of unsolicited claims cannot fill the table). Returns the length of the answer
// built in place (an 802.1Q tag kept), or 0. *drop is always set to the one counter to add to; only kind
// DROP is a loss.
uint32_t neigh_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                     enum counter *drop);

// The link address to reach addr (via the gateway when off-link). Returns true and mac, or false: resolution
// was started (neigh_tick sends the request).
bool neigh_resolve(struct neigh_table *t, const struct net_addr *addr, uint64_t now_ms, uint8_t mac[6]);

// Time-driven frames: probes, announcements, requests, refreshes, MLD reports; also keeps the gateways
// resolved. Looks at a bounded number of entries. Writes at most one frame to buf (at least 128 bytes) and
// returns its length, 0 when nothing is due now; call again until 0. *wake_ms: nothing is due before; not
// after now_ms when the pass over the table goes on in the next call. Frames are untagged.
uint32_t neigh_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms);

// Of an enum neigh_state, as `port show` prints it.
const char *neigh_state_name(unsigned state);

#endif

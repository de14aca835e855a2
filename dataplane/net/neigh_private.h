// SPDX-License-Identifier: BSD-3-Clause
// Between the files of the neighbour cache: neigh.c (table), neigh_addresses.c (our own addresses), arp.c,
// nd.c, mld.c (frames).
#ifndef GODWIT_DATAPLANE_NET_NEIGH_PRIVATE_H
#define GODWIT_DATAPLANE_NET_NEIGH_PRIVATE_H

#include "dataplane/net/neigh.h"
#include "dataplane/net/protocol.h"

// A claim "bytes is at mac" received from the wire.
struct neigh_claim {
    uint8_t family;
    const uint8_t *bytes;
    const uint8_t *mac; // NULL: link address not told
    bool solicited;     // answers a request of ours
    bool override;      // replaces a known link address
};

// Updates a known entry. False when there is none, or nothing of it may change.
bool neigh_learn(struct neigh_table *t, const struct neigh_claim *claim, uint64_t now_ms);
// Index of the address of ours to ask about target from: same prefix first; -1 when there is none.
int neigh_source(const struct net_if *nif, uint8_t family, const uint8_t *target);

// Another station claims address i. True when a defence is to be sent now.
bool neigh_conflict(struct neigh_table *t, unsigned i, const uint8_t mac[6], uint64_t now_ms);
void neigh_addresses_init(struct neigh_table *t, uint64_t now_ms);
// As neigh_tick, for probes and announcements; lowers *wake_ms.
uint32_t neigh_addresses_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms);

// Inputs: as neigh_input.
uint32_t arp_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                   enum counter *drop);
uint32_t nd_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                  enum counter *drop);
// A query: schedules reports, answers nothing at once.
void mld_input(struct neigh_table *t, const struct net_packet *p, uint64_t now_ms);

// Whole untagged frames to buf (at least 128 bytes); they return the length.
// sender NULL: probe (RFC 5227). mac NULL: broadcast.
uint32_t arp_request(const struct net_if *nif, uint8_t *buf, const uint8_t *sender, const uint8_t *target,
                     const uint8_t *mac);
// source NULL: duplicate address probe. mac NULL: to the solicited-node group.
uint32_t nd_solicit(const struct net_if *nif, uint8_t *buf, const uint8_t *source, const uint8_t *target,
                    const uint8_t *mac);
// Unsolicited, to all nodes.
uint32_t nd_announce(const struct net_if *nif, uint8_t *buf, const uint8_t *addr);
// The next report that is due; as neigh_tick.
uint32_t mld_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms);

#endif

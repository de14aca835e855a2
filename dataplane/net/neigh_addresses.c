// SPDX-License-Identifier: BSD-3-Clause
// Our own addresses: probed for duplicates, announced, defended (RFC 5227, RFC 4862 5.4).
#include "dataplane/net/neigh_private.h"

// Steps of one address. IPv4 starts with three probes, IPv6 needs only the last of them.
#define STEP_FIRST_PROBE  0u
#define STEP_LAST_PROBE   2u
#define STEP_ANNOUNCE_END 4u

static void start_probing(struct neigh_table *t, unsigned i, uint64_t now_ms)
{
    t->addr_state[i] = NEIGH_ADDR_TENTATIVE;
    t->addr_probes[i] = t->nif->addrs[i].family == 4 ? STEP_FIRST_PROBE : STEP_LAST_PROBE;
    t->addr_next_ms[i] = now_ms;
}

void neigh_addresses_init(struct neigh_table *t, uint64_t now_ms)
{
    for (unsigned i = 0; i < t->nif->n_addrs; i++) {
        start_probing(t, i, now_ms);
        if (t->nif->addrs[i].family == 6)
            t->reports_pending |= 1u << i;
    }
    t->reports_ms = now_ms;
}

bool neigh_conflict(struct neigh_table *t, unsigned i, const uint8_t mac[6], uint64_t now_ms)
{
    memcpy(t->conflict_mac, mac, 6);
    t->conflicts++;
    if (t->addr_state[i] != NEIGH_ADDR_OK) {
        t->addr_state[i] = NEIGH_ADDR_CONFLICT;
        t->addr_next_ms[i] = now_ms + NEIGH_CONFLICT_MS;
        return false;
    }
    if (now_ms < t->addr_defend_ms[i])
        return false;
    t->addr_defend_ms[i] = now_ms + NEIGH_DEFEND_MS;
    return true;
}

static uint32_t probe(const struct neigh_table *t, uint8_t *buf, const struct net_addr *a)
{
    return a->family == 4 ? arp_request(t->nif, buf, NULL, a->bytes, NULL)
                          : nd_solicit(t->nif, buf, NULL, a->bytes, NULL);
}

static uint32_t announce(const struct neigh_table *t, uint8_t *buf, const struct net_addr *a)
{
    return a->family == 4 ? arp_request(t->nif, buf, a->bytes, a->bytes, NULL)
                          : nd_announce(t->nif, buf, a->bytes);
}

static uint32_t step(struct neigh_table *t, unsigned i, uint8_t *buf, uint64_t now_ms)
{
    const struct net_addr *a = &t->nif->addrs[i];
    if (t->addr_state[i] == NEIGH_ADDR_CONFLICT)
        start_probing(t, i, now_ms);
    unsigned at = t->addr_probes[i]++;
    if (at <= STEP_LAST_PROBE) {
        bool long_wait = at == STEP_LAST_PROBE && a->family == 4;
        t->addr_next_ms[i] = now_ms + (long_wait ? NEIGH_ANNOUNCE_MS : NEIGH_RETRANS_MS);
        return probe(t, buf, a);
    }
    t->addr_state[i] = NEIGH_ADDR_OK;
    t->addr_next_ms[i] = at < STEP_ANNOUNCE_END ? now_ms + NEIGH_ANNOUNCE_MS : NEIGH_NEVER;
    return announce(t, buf, a);
}

uint32_t neigh_addresses_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms)
{
    for (unsigned i = 0; i < t->nif->n_addrs; i++) {
        if (now_ms >= t->addr_next_ms[i])
            return step(t, i, buf, now_ms);
        if (t->addr_next_ms[i] < *wake_ms)
            *wake_ms = t->addr_next_ms[i];
    }
    return 0;
}

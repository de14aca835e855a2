// SPDX-License-Identifier: BSD-3-Clause
// The table of neighbours and its timers.
#include "dataplane/net/neigh_private.h"

#define SCAN_MAX 64u // entries one neigh_tick looks at

static unsigned addr_length(uint8_t family)
{
    return family == 4 ? 4 : 16;
}

// Neighbours have consecutive addresses: every bit has to reach the index, or windows fill unevenly.
static unsigned hash(uint8_t family, const uint8_t *bytes)
{
    uint64_t h = family == 4 ? raw32(bytes) : raw64(bytes) * 0x9e3779b97f4a7c15u ^ raw64(bytes + 8);
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 29) * 0x9e3779b97f4a7c15u;
    return (unsigned)(h >> 40);
}

static struct neigh_entry *place(struct neigh_table *t, unsigned start, unsigned k)
{
    return &t->entries[(start + k) & (NEIGH_ENTRIES - 1)];
}

static struct neigh_entry *find(struct neigh_table *t, uint8_t family, const uint8_t *bytes)
{
    unsigned start = hash(family, bytes);
    for (unsigned k = 0; k < NEIGH_WINDOW; k++) {
        struct neigh_entry *e = place(t, start, k);
        if (e->state != NEIGH_FREE && e->addr.family == family &&
            memcmp(e->addr.bytes, bytes, addr_length(family)) == 0)
            return e;
    }
    return NULL;
}

// Lets neigh_tick know: it keeps the earliest time instead of searching for it.
static void schedule(struct neigh_table *t, struct neigh_entry *e, uint64_t at_ms)
{
    e->next_ms = at_ms;
    if (at_ms < t->due_ms)
        t->due_ms = at_ms;
    if (at_ms < t->pass_ms)
        t->pass_ms = at_ms;
}

// A free place, or the oldest entry's that is not static. NULL when all are static.
static struct neigh_entry *create(struct neigh_table *t, uint8_t family, const uint8_t *bytes,
                                  uint64_t now_ms)
{
    unsigned start = hash(family, bytes);
    struct neigh_entry *best = NULL;
    for (unsigned k = 0; k < NEIGH_WINDOW; k++) {
        struct neigh_entry *e = place(t, start, k);
        if (e->state == NEIGH_FREE) {
            best = e;
            break;
        }
        if (e->state != NEIGH_STATIC && (!best || e->updated_ms < best->updated_ms))
            best = e;
    }
    if (!best)
        return NULL;
    *best = (struct neigh_entry){.updated_ms = now_ms, .next_ms = NEIGH_NEVER};
    best->addr.family = family;
    best->addr.prefix = (uint8_t)(8 * addr_length(family));
    memcpy(best->addr.bytes, bytes, addr_length(family));
    return best;
}

void neigh_init(struct neigh_table *t, const struct net_if *nif, uint64_t now_ms)
{
    memset(t, 0, sizeof(*t));
    t->nif = nif;
    t->gateway_ms = now_ms;
    t->due_ms = t->pass_ms = NEIGH_NEVER;
    neigh_addresses_init(t, now_ms);
}

bool neigh_add_static(struct neigh_table *t, const struct net_addr *a, const uint8_t mac[6])
{
    struct neigh_entry *e = find(t, a->family, a->bytes);
    if (!e)
        e = create(t, a->family, a->bytes, 0);
    if (!e)
        return false;
    e->state = NEIGH_STATIC;
    e->next_ms = NEIGH_NEVER;
    memcpy(e->mac, mac, 6);
    return true;
}

static void confirm(struct neigh_table *t, struct neigh_entry *e, uint64_t now_ms)
{
    e->state = NEIGH_REACHABLE;
    e->used = false;
    e->updated_ms = now_ms;
    schedule(t, e, now_ms + NEIGH_REACHABLE_MS);
}

static void make_stale(struct neigh_table *t, struct neigh_entry *e, uint64_t now_ms)
{
    e->state = NEIGH_STALE;
    e->used = false;
    schedule(t, e, now_ms + NEIGH_IDLE_MS);
}

// RFC 4861 7.2.5; ARP claims come here as overriding ones. Only an answer to our question confirms.
bool neigh_learn(struct neigh_table *t, const struct neigh_claim *claim, uint64_t now_ms)
{
    struct neigh_entry *e = find(t, claim->family, claim->bytes);
    if (!e || e->state == NEIGH_STATIC)
        return false;
    bool unknown = e->state == NEIGH_INCOMPLETE;
    if (unknown && !claim->mac)
        return false;
    bool differs = unknown || (claim->mac && !mac_equal(e->mac, claim->mac));
    if (differs && !unknown && !claim->override) {
        if (e->state == NEIGH_REACHABLE)
            make_stale(t, e, now_ms);
        return false;
    }
    if (differs) {
        memcpy(e->mac, claim->mac, 6);
        e->updated_ms = now_ms;
    }
    if (claim->solicited)
        confirm(t, e, now_ms);
    else if (differs)
        make_stale(t, e, now_ms);
    return claim->solicited || differs;
}

int neigh_source(const struct net_if *nif, uint8_t family, const uint8_t *target)
{
    int any = -1;
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        if (nif->addrs[i].family != family)
            continue;
        if (addr_in_prefix(&nif->addrs[i], target))
            return (int)i;
        if (any < 0)
            any = (int)i;
    }
    return any;
}

// The address to ask for: addr itself on the link, otherwise the gateway; NULL without one.
static const uint8_t *next_hop(const struct net_if *nif, const struct net_addr *addr)
{
    bool link_local = addr->family == 6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
    int source = neigh_source(nif, addr->family, addr->bytes);
    if (link_local || (source >= 0 && addr_in_prefix(&nif->addrs[source], addr->bytes)))
        return addr->bytes;
    if (addr->family == 4)
        return nif->has_gateway4 ? nif->gateway4.bytes : NULL;
    return nif->has_gateway6 ? nif->gateway6.bytes : NULL;
}

static void start_resolution(struct neigh_table *t, uint8_t family, const uint8_t *hop, uint64_t now_ms)
{
    struct neigh_entry *e = create(t, family, hop, now_ms);
    if (!e)
        return;
    e->state = NEIGH_INCOMPLETE;
    schedule(t, e, now_ms);
}

// Notes the use: a stale entry is asked again at once, a reachable one when its time is over.
static bool use(struct neigh_table *t, struct neigh_entry *e, uint64_t now_ms, uint8_t mac[6])
{
    if (e->state == NEIGH_INCOMPLETE)
        return false;
    e->used = true;
    if (e->state == NEIGH_STALE) {
        e->state = NEIGH_PROBE;
        e->probes = 0;
        schedule(t, e, now_ms);
    }
    memcpy(mac, e->mac, 6);
    return true;
}

bool neigh_resolve(struct neigh_table *t, const struct net_addr *addr, uint64_t now_ms, uint8_t mac[6])
{
    struct neigh_entry *e = find(t, addr->family, addr->bytes);
    if (e)
        return use(t, e, now_ms, mac);
    const uint8_t *hop = next_hop(t->nif, addr);
    if (!hop)
        return false;
    e = find(t, addr->family, hop);
    if (e)
        return use(t, e, now_ms, mac);
    start_resolution(t, addr->family, hop, now_ms);
    return false;
}

// Resolving them again and again keeps them in use, hence refreshed, and asked for while they are silent.
static void keep_gateways(struct neigh_table *t, uint64_t now_ms, uint64_t *wake_ms)
{
    uint8_t mac[6];
    if (!t->nif->has_gateway4 && !t->nif->has_gateway6)
        return;
    if (now_ms >= t->gateway_ms) {
        if (t->nif->has_gateway4)
            neigh_resolve(t, &t->nif->gateway4, now_ms, mac);
        if (t->nif->has_gateway6)
            neigh_resolve(t, &t->nif->gateway6, now_ms, mac);
        t->gateway_ms = now_ms + NEIGH_RETRANS_MS;
    }
    if (t->gateway_ms < *wake_ms)
        *wake_ms = t->gateway_ms;
}

// Asks: everybody for an unknown link address, the neighbour itself to confirm a known one.
static uint32_t ask(struct neigh_table *t, struct neigh_entry *e, uint8_t *buf, uint64_t now_ms)
{
    const uint8_t *mac = e->state == NEIGH_PROBE ? e->mac : NULL;
    int source = neigh_source(t->nif, e->addr.family, e->addr.bytes);
    if (source < 0 || e->probes == NEIGH_REQUESTS) {
        e->state = NEIGH_FREE;
        return 0;
    }
    e->probes++;
    schedule(t, e, now_ms + NEIGH_RETRANS_MS);
    const uint8_t *from = t->nif->addrs[source].bytes;
    return e->addr.family == 4 ? arp_request(t->nif, buf, from, e->addr.bytes, mac)
                               : nd_solicit(t->nif, buf, from, e->addr.bytes, mac);
}

static uint32_t entry_tick(struct neigh_table *t, struct neigh_entry *e, uint8_t *buf, uint64_t now_ms)
{
    switch (e->state) {
    case NEIGH_INCOMPLETE:
    case NEIGH_PROBE:
        return ask(t, e, buf, now_ms);
    case NEIGH_REACHABLE:
        if (!e->used) {
            make_stale(t, e, now_ms);
            return 0;
        }
        e->state = NEIGH_PROBE;
        e->probes = 0;
        return ask(t, e, buf, now_ms);
    default: // stale and unused
        e->state = NEIGH_FREE;
        return 0;
    }
}

// One pass over the table may take several calls; entries passed or changed meanwhile count into pass_ms.
static uint32_t entries_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms)
{
    for (unsigned n = 0; n < SCAN_MAX && now_ms >= t->due_ms; n++) {
        struct neigh_entry *e = &t->entries[t->rotor];
        uint32_t len = 0;
        if (e->state != NEIGH_FREE && e->state != NEIGH_STATIC) {
            if (now_ms >= e->next_ms)
                len = entry_tick(t, e, buf, now_ms);
            if (e->state != NEIGH_FREE && e->next_ms < t->pass_ms)
                t->pass_ms = e->next_ms;
        }
        t->rotor = (t->rotor + 1) & (NEIGH_ENTRIES - 1);
        if (t->rotor == 0) {
            t->due_ms = t->pass_ms;
            t->pass_ms = NEIGH_NEVER;
        }
        if (len)
            return len;
    }
    return 0;
}

uint32_t neigh_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms)
{
    *wake_ms = NEIGH_NEVER;
    keep_gateways(t, now_ms, wake_ms);
    uint32_t len = mld_tick(t, buf, now_ms, wake_ms);
    if (!len)
        len = neigh_addresses_tick(t, buf, now_ms, wake_ms);
    if (!len)
        len = entries_tick(t, buf, now_ms);
    if (t->due_ms < *wake_ms)
        *wake_ms = t->due_ms;
    return len;
}

uint32_t neigh_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                     enum counter *drop)
{
    if (p->family == 0)
        return arp_input(t, p, room, now_ms, drop);
    if (p->frame[p->l4] != ICMP6_MLD)
        return nd_input(t, p, room, now_ms, drop);
    mld_input(t, p, now_ms);
    *drop = CTR_mld_queries;
    return 0;
}

const char *neigh_state_name(unsigned state)
{
    static const char *const names[] = {"free", "incomplete", "reachable", "stale", "probe", "static"};
    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

// SPDX-License-Identifier: BSD-3-Clause
// The neighbour cache on virtual time: both ends are simulated, nothing waits.
#include "dataplane/net/neigh.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/frames.h"

#define SENT_MAX 64u

static struct net_if nif;
static struct neigh_table table;
static uint64_t now;
static uint64_t wake;

// Frames that neigh_tick wanted to send.
static struct frame sent[SENT_MAX];
static unsigned n_sent;

static const uint8_t no_mac[6], no_ip4[4], no_ip6[16], rogue_mac[6] = {2, 0, 0, 0, 0, 66};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

static void drain(void)
{
    for (unsigned calls = 0; calls < 1000 && n_sent < SENT_MAX; calls++) {
        sent[n_sent].len = neigh_tick(&table, sent[n_sent].b, now, &wake);
        if (sent[n_sent].len)
            n_sent++;
        else if (wake > now)
            return;
    }
    CU_FAIL_FATAL("neigh_tick never comes to rest");
}

// Lets ms pass, stopping where neigh_tick asked to be called.
static void pass(uint64_t ms)
{
    uint64_t end = now + ms;
    drain();
    while (wake <= end) {
        now = wake;
        drain();
    }
    now = end;
}

static void start(const char *ip4, const char *ip6)
{
    frame_interface(&nif, us_mac, ip4, ip6);
    now = 1000;
    n_sent = 0;
    neigh_init(&table, &nif, now);
}

// As start, with the addresses probed and announced.
static void start_settled(const char *ip4, const char *ip6)
{
    start(ip4, ip6);
    pass(20000);
    n_sent = 0;
}

// Hands f to the table as the worker does. Returns the length of the answer.
static uint32_t input(struct frame *f, enum counter *drop)
{
    struct net_packet p;
    enum net_kind kind = net_parse(&nif, f->b, f->len, 0, &p, drop);
    CU_ASSERT_EQUAL_FATAL(kind, NET_NEIGHBOUR);
    *drop = COUNTER_NONE;
    f->len = neigh_input(&table, &p, FRAME_MAX, now, drop);
    CU_ASSERT_NOT_EQUAL(*drop, COUNTER_NONE);
    return f->len;
}

static bool resolve(const char *text, uint8_t mac[6])
{
    struct net_addr a;
    CU_ASSERT_FATAL(net_addr_parse(text, &a));
    return neigh_resolve(&table, &a, now, mac);
}

static void arp_from(struct frame *f, unsigned op, const uint8_t *mac, const uint8_t *spa, const uint8_t *tpa)
{
    frame_arp(f, op, mac, spa, op == 1 ? no_mac : us_mac, tpa);
}

static void test_arp_answer(void)
{
    struct frame f;
    enum counter drop;
    struct net_if peer;
    struct net_packet p;
    start("198.18.0.2/24", NULL);
    arp_from(&f, 1, peer_mac, peer_ip4, us_ip4);
    frame_tag(&f, 0x8100, 9);
    CU_ASSERT_EQUAL(input(&f, &drop), 18 + 28);
    CU_ASSERT_EQUAL(drop, CTR_arp_replies);
    frame_interface(&peer, peer_mac, "198.18.0.1/24", NULL);
    CU_ASSERT_EQUAL(net_parse(&peer, f.b, f.len, 0, &p, &drop), NET_NEIGHBOUR);
    CU_ASSERT(f.b[18 + 7] == 2 && memcmp(f.b + 18 + 8, us_mac, 6) == 0);
    CU_ASSERT(memcmp(f.b + 18 + 14, us_ip4, 4) == 0 && memcmp(f.b + 18 + 24, peer_ip4, 4) == 0);
    arp_from(&f, 1, peer_mac, peer_ip4, (const uint8_t[4]){198, 18, 0, 77});
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_arp_ignored);
}

static void test_arp_probe_and_announce(void)
{
    start("198.18.0.2/24", NULL);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_TENTATIVE);
    pass(20000);
    CU_ASSERT_EQUAL_FATAL(n_sent, 5);
    for (unsigned i = 0; i < 5; i++) {
        CU_ASSERT(memcmp(sent[i].b + 28, i < 3 ? no_ip4 : us_ip4, 4) == 0);
        CU_ASSERT(memcmp(sent[i].b + 38, us_ip4, 4) == 0 && sent[i].b[0] == 0xff && sent[i].b[21] == 1);
    }
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
    CU_ASSERT_EQUAL(wake, NEIGH_NEVER);
}

static void test_arp_conflict_while_tentative(void)
{
    struct frame f;
    enum counter drop;
    start("198.18.0.2/24", NULL);
    drain();
    arp_from(&f, 2, rogue_mac, us_ip4, us_ip4);
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_address_conflicts);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_CONFLICT);
    CU_ASSERT(memcmp(table.conflict_mac, rogue_mac, 6) == 0);
    arp_from(&f, 1, peer_mac, peer_ip4, us_ip4);
    CU_ASSERT_EQUAL(input(&f, &drop), 0); // the other one's address for now
    n_sent = 0;
    pass(NEIGH_CONFLICT_MS - 1);
    CU_ASSERT_EQUAL(n_sent, 0);
    pass(20000);
    CU_ASSERT_EQUAL(n_sent, 5);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
}

static void test_arp_simultaneous_probe(void)
{
    struct frame f;
    enum counter drop;
    start("198.18.0.2/24", NULL);
    arp_from(&f, 1, rogue_mac, no_ip4, us_ip4);
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_CONFLICT);
    start_settled("198.18.0.2/24", NULL);
    arp_from(&f, 1, rogue_mac, no_ip4, us_ip4);
    CU_ASSERT_NOT_EQUAL(input(&f, &drop), 0); // ours already: the answer tells the prober
    CU_ASSERT_EQUAL(drop, CTR_arp_replies);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
}

static void test_arp_defence(void)
{
    struct frame f;
    enum counter drop;
    unsigned defences = 0;
    start_settled("198.18.0.2/24", NULL);
    for (unsigned second = 0; second < 30; second++, now += 1000) {
        arp_from(&f, 1, rogue_mac, us_ip4, us_ip4);
        if (input(&f, &drop)) {
            defences++;
            CU_ASSERT(f.b[0] == 0xff && memcmp(f.b + 22, us_mac, 6) == 0 && memcmp(f.b + 28, us_ip4, 4) == 0);
            CU_ASSERT(memcmp(f.b + 38, us_ip4, 4) == 0);
        }
        CU_ASSERT_EQUAL(drop, CTR_address_conflicts);
    }
    CU_ASSERT_EQUAL(defences, 3);
    CU_ASSERT_EQUAL(table.conflicts, 30);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
}

static void test_resolve_and_refresh(void)
{
    struct frame f;
    enum counter drop;
    uint8_t mac[6];
    start_settled("198.18.0.2/24", NULL);
    CU_ASSERT_FALSE(resolve("198.18.0.1", mac));
    drain();
    CU_ASSERT_EQUAL_FATAL(n_sent, 1);
    CU_ASSERT(sent[0].b[0] == 0xff && memcmp(sent[0].b + 28, us_ip4, 4) == 0);
    CU_ASSERT(memcmp(sent[0].b + 38, peer_ip4, 4) == 0);
    arp_from(&f, 2, peer_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    CU_ASSERT_EQUAL(drop, CTR_arp_updates);
    CU_ASSERT(resolve("198.18.0.1", mac) && memcmp(mac, peer_mac, 6) == 0);
    pass(NEIGH_REACHABLE_MS);
    CU_ASSERT_EQUAL_FATAL(n_sent, 2); // used meanwhile: asked again, the neighbour alone
    CU_ASSERT(memcmp(sent[1].b, peer_mac, 6) == 0);
    CU_ASSERT(resolve("198.18.0.1", mac)); // usable while being confirmed
    pass(NEIGH_RETRANS_MS * NEIGH_REQUESTS);
    CU_ASSERT_EQUAL(n_sent, 4);
    CU_ASSERT_FALSE(resolve("198.18.0.1", mac)); // silent: given up, started afresh
}

static void test_unused_entries_are_forgotten(void)
{
    struct frame f;
    enum counter drop;
    uint8_t mac[6];
    start_settled("198.18.0.2/24", NULL);
    resolve("198.18.0.1", mac);
    arp_from(&f, 2, peer_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    n_sent = 0;
    pass(NEIGH_REACHABLE_MS + NEIGH_IDLE_MS / 2);
    CU_ASSERT_EQUAL(n_sent, 0);
    CU_ASSERT(resolve("198.18.0.1", mac)); // stale, but good until proved wrong
    arp_from(&f, 2, peer_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    pass(NEIGH_REACHABLE_MS + NEIGH_IDLE_MS + 1);
    CU_ASSERT_FALSE(resolve("198.18.0.1", mac));
}

static void test_resolution_times_out(void)
{
    uint8_t mac[6];
    start_settled("198.18.0.2/24", "2001:db8::2/64");
    CU_ASSERT_FALSE(resolve("198.18.0.1", mac));
    CU_ASSERT_FALSE(resolve("2001:db8::1", mac));
    pass(60000);
    CU_ASSERT_EQUAL(n_sent, 2 * NEIGH_REQUESTS);
    CU_ASSERT_EQUAL(wake, NEIGH_NEVER);
    CU_ASSERT_FALSE(resolve("192.0.2.1", mac)); // off the link, no gateway: nobody to ask
    pass(10000);
    CU_ASSERT_EQUAL(n_sent, 2 * NEIGH_REQUESTS);
}

static void test_changed_address(void)
{
    struct frame f;
    enum counter drop;
    uint8_t mac[6];
    start_settled("198.18.0.2/24", NULL);
    resolve("198.18.0.1", mac);
    arp_from(&f, 2, peer_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    arp_from(&f, 1, rogue_mac, peer_ip4, peer_ip4); // announced elsewhere: believed, but asked about
    input(&f, &drop);
    n_sent = 0;
    CU_ASSERT(resolve("198.18.0.1", mac) && memcmp(mac, rogue_mac, 6) == 0);
    drain();
    CU_ASSERT_EQUAL_FATAL(n_sent, 1);
    CU_ASSERT(memcmp(sent[0].b, rogue_mac, 6) == 0);
}

static void test_static(void)
{
    struct frame f;
    enum counter drop;
    struct net_addr a;
    uint8_t mac[6];
    start_settled("198.18.0.2/24", NULL);
    net_addr_parse("198.18.0.1", &a);
    CU_ASSERT(neigh_add_static(&table, &a, peer_mac));
    arp_from(&f, 2, rogue_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    CU_ASSERT_EQUAL(drop, CTR_arp_ignored);
    for (unsigned i = 3; i < 3000; i++) { // more than fit
        struct net_addr other = {4, 32, {198, 18, (uint8_t)(i >> 8), (uint8_t)i}};
        neigh_resolve(&table, &other, now, mac);
    }
    CU_ASSERT(resolve("198.18.0.1", mac) && memcmp(mac, peer_mac, 6) == 0);
}

static unsigned entries(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < NEIGH_ENTRIES; i++)
        n += table.entries[i].state != NEIGH_FREE;
    return n;
}

static void test_flood_of_claims(void)
{
    struct frame f;
    enum counter drop;
    start_settled("198.18.0.2/16", "2001:db8::2/64");
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t mac[6] = {2, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
        uint8_t ip4[4] = {198, 18, (uint8_t)(1 + (i >> 8)), (uint8_t)i}, ip6[16] = {0x20, 1, 0x0d, 0xb8, 1};
        memcpy(ip6 + 14, mac + 4, 2);
        arp_from(&f, 1 + i % 2, mac, ip4, us_ip4);
        input(&f, &drop);
        frame_nd(&f, 136, 0x60, ip6, 2, mac);
        input(&f, &drop);
        CU_ASSERT_EQUAL(drop, CTR_nd_ignored);
    }
    CU_ASSERT_EQUAL(entries(), 0);
}

static void test_full_table_evicts_oldest(void)
{
    uint8_t mac[6];
    start_settled("198.18.0.2/16", NULL);
    for (unsigned i = 0; i < 4 * NEIGH_ENTRIES; i++, now++) {
        struct net_addr a = {4, 32, {198, 18, (uint8_t)(1 + (i >> 8)), (uint8_t)i}};
        CU_ASSERT_FALSE(neigh_resolve(&table, &a, now, mac));
    }
    CU_ASSERT(entries() > NEIGH_ENTRIES * 9 / 10);
    unsigned young = 0;
    for (unsigned i = 0; i < NEIGH_ENTRIES; i++)
        young += table.entries[i].state != NEIGH_FREE && table.entries[i].updated_ms >= now - 128;
    CU_ASSERT_EQUAL(young, 128); // what was asked for last is still there
}

static void test_gateway(void)
{
    struct frame f;
    enum counter drop;
    uint8_t mac[6];
    frame_interface(&nif, us_mac, "198.18.0.2/24", NULL);
    nif.has_gateway4 = net_addr_parse("198.18.0.1", &nif.gateway4);
    now = 1000;
    n_sent = 0;
    neigh_init(&table, &nif, now);
    pass(8000); // silent: asked every second nevertheless
    CU_ASSERT(n_sent >= 5 + 6 && n_sent <= 5 + 10);
    arp_from(&f, 2, peer_mac, peer_ip4, us_ip4);
    input(&f, &drop);
    n_sent = 0;
    pass(2000);
    CU_ASSERT_EQUAL(n_sent, 0);
    CU_ASSERT(resolve("192.0.2.7", mac) && memcmp(mac, peer_mac, 6) == 0);
    pass(NEIGH_REACHABLE_MS - 1500);
    CU_ASSERT(n_sent >= 1); // kept fresh
    CU_ASSERT(memcmp(sent[0].b, peer_mac, 6) == 0);
}

static void test_ndp_answer(void)
{
    struct frame f;
    enum counter drop;
    struct net_if peer;
    struct net_packet p;
    static const uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, 0, 0, 2};
    start("198.18.0.2/24", "2001:db8::2/64");
    frame_nd(&f, 135, 0, us_ip6, 1, peer_mac);
    frame_readdress6(&f, peer_ip6, group);
    CU_ASSERT_EQUAL(input(&f, &drop), 86);
    CU_ASSERT_EQUAL(drop, CTR_nd_replies);
    frame_interface(&peer, peer_mac, NULL, "2001:db8::1/64");
    CU_ASSERT_EQUAL(net_parse(&peer, f.b, f.len, 0, &p, &drop), NET_NEIGHBOUR);
    CU_ASSERT(f.b[54] == 136 && f.b[58] == 0x60 && memcmp(f.b + 62, us_ip6, 16) == 0);
    CU_ASSERT(f.b[78] == 2 && memcmp(f.b + 80, us_mac, 6) == 0);
    frame_nd(&f, 135, 0, peer_ip6, 1, peer_mac);
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_nd_ignored);
}

static void dad_probe(struct frame *f)
{
    static const uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, 0, 0, 2};
    frame_nd(f, 135, 0, us_ip6, 0, NULL);
    frame_readdress6(f, no_ip6, group);
    memcpy(f->b + 6, rogue_mac, 6);
}

static void test_dad_sequence(void)
{
    struct net_if other;
    struct net_packet p;
    enum counter drop;
    start(NULL, "2001:db8::2/64");
    pass(20000);
    CU_ASSERT_EQUAL_FATAL(n_sent, 4);                          // report, probe, two announcements
    frame_interface(&other, peer_mac, NULL, "2001:db8::2/64"); // has the same address: sees the probe
    CU_ASSERT(sent[0].b[20] == 0 && sent[0].b[62] == 143 && sent[0].b[21] == 1);
    CU_ASSERT_EQUAL(net_parse(&other, sent[1].b, sent[1].len, 0, &p, &drop), NET_NEIGHBOUR);
    CU_ASSERT(sent[1].b[54] == 135 && memcmp(sent[1].b + 22, no_ip6, 16) == 0);
    for (unsigned i = 2; i < 4; i++) {
        frame_interface(&other, peer_mac, NULL, "2001:db8::1/64");
        CU_ASSERT_EQUAL(net_parse(&other, sent[i].b, sent[i].len, 0, &p, &drop), NET_NEIGHBOUR);
        CU_ASSERT(sent[i].b[54] == 136 && sent[i].b[58] == 0x20);
    }
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
}

static void test_dad_conflicts(void)
{
    struct frame f;
    enum counter drop;
    start(NULL, "2001:db8::2/64");
    dad_probe(&f);
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_address_conflicts);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_CONFLICT);
    CU_ASSERT(memcmp(table.conflict_mac, rogue_mac, 6) == 0);
    start(NULL, "2001:db8::2/64");
    frame_nd(&f, 136, 0x20, us_ip6, 2, rogue_mac);
    frame_readdress6(&f, peer_ip6, all_nodes);
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_CONFLICT);
    start_settled(NULL, "2001:db8::2/64");
    dad_probe(&f);
    CU_ASSERT_EQUAL(input(&f, &drop), 86); // ours: everybody is told
    CU_ASSERT(f.b[0] == 0x33 && memcmp(f.b + 38, all_nodes, 16) == 0 && f.b[58] == 0x20);
    frame_nd(&f, 136, 0x20, us_ip6, 2, rogue_mac);
    CU_ASSERT_EQUAL(input(&f, &drop), 86);
    frame_nd(&f, 136, 0x20, us_ip6, 2, rogue_mac);
    CU_ASSERT_EQUAL(input(&f, &drop), 0); // at most one defence in ten seconds
    CU_ASSERT_EQUAL(table.addr_state[0], NEIGH_ADDR_OK);
}

// What an advertisement does to a known entry (RFC 4861 7.2.5).
static void test_advertisement_flags(void)
{
    struct frame f;
    enum counter drop;
    uint8_t mac[6];
    start_settled(NULL, "2001:db8::2/64");
    CU_ASSERT_FALSE(resolve("2001:db8::1", mac));
    frame_nd(&f, 136, 0x40, peer_ip6, 0, NULL); // tells no address: nothing learned
    input(&f, &drop);
    CU_ASSERT_FALSE(resolve("2001:db8::1", mac));
    frame_nd(&f, 136, 0x40, peer_ip6, 2, peer_mac);
    input(&f, &drop);
    CU_ASSERT(resolve("2001:db8::1", mac) && memcmp(mac, peer_mac, 6) == 0);
    n_sent = 0;
    frame_nd(&f, 136, 0x40, peer_ip6, 2, rogue_mac); // no override: only doubt
    input(&f, &drop);
    CU_ASSERT(resolve("2001:db8::1", mac) && memcmp(mac, peer_mac, 6) == 0);
    drain();
    CU_ASSERT_EQUAL(n_sent, 1);
    frame_nd(&f, 136, 0x60, peer_ip6, 2, rogue_mac);
    input(&f, &drop);
    CU_ASSERT(resolve("2001:db8::1", mac) && memcmp(mac, rogue_mac, 6) == 0);
    frame_nd(&f, 135, 0, us_ip6, 1, peer_mac); // a solicitation tells an address as well
    CU_ASSERT_EQUAL(input(&f, &drop), 86);
    CU_ASSERT(resolve("2001:db8::1", mac) && memcmp(mac, peer_mac, 6) == 0);
}

static void test_mld_query(void)
{
    static const uint8_t router[16] = {0xfe, 0x80, [15] = 1};
    static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
    uint8_t body[24] = {0x03, 0xe8}; // within one second
    struct frame f;
    enum counter drop;
    start_settled("198.18.0.2/24", "2001:db8::2/64");
    frame_icmp6(&f, 130, 1, body, sizeof(body));
    frame_readdress6(&f, router, all_nodes);
    frame_insert(&f, 54, alert, 8);
    frame_set16(&f, 18, 36);
    f.b[20] = 0;
    CU_ASSERT_EQUAL(input(&f, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_mld_queries);
    pass(1000);
    CU_ASSERT_EQUAL_FATAL(n_sent, 1);
    const uint8_t *icmp = sent[0].b + 62;
    CU_ASSERT(sent[0].len == 90 && icmp[0] == 143 && icmp[7] == 1 && icmp[8] == 2);
    CU_ASSERT(icmp[12] == 0xff && icmp[13] == 2 && icmp[27] == 2 && icmp[24] == 0xff);
    CU_ASSERT_EQUAL(frame_sum(frame_sum(58 + 28, sent[0].b + 22, 32), icmp, 28), 0xffff);
}

static void test_state_names(void)
{
    CU_ASSERT_STRING_EQUAL(neigh_state_name(NEIGH_STATIC), "static");
    CU_ASSERT_STRING_EQUAL(neigh_state_name(NEIGH_FREE), "free");
    CU_ASSERT_STRING_EQUAL(neigh_state_name(99), "unknown");
}

static const struct unit_test tests[] = {
    {"arp requests answered", test_arp_answer},
    {"arp probes, then announcements", test_arp_probe_and_announce},
    {"arp conflict while tentative", test_arp_conflict_while_tentative},
    {"arp probe by another", test_arp_simultaneous_probe},
    {"arp defence is rate limited", test_arp_defence},
    {"resolve, refresh, give up", test_resolve_and_refresh},
    {"unused entries are forgotten", test_unused_entries_are_forgotten},
    {"resolution times out", test_resolution_times_out},
    {"changed link address", test_changed_address},
    {"static entries stay", test_static},
    {"a flood of claims creates nothing", test_flood_of_claims},
    {"a full table evicts the oldest", test_full_table_evicts_oldest},
    {"gateway kept resolved", test_gateway},
    {"solicitations answered", test_ndp_answer},
    {"duplicate address detection", test_dad_sequence},
    {"duplicate addresses", test_dad_conflicts},
    {"advertisement flags", test_advertisement_flags},
    {"multicast listener query", test_mld_query},
    {"state names", test_state_names},
};
UNIT_MAIN("net_neigh", tests)

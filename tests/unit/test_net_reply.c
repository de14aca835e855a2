// SPDX-License-Identifier: BSD-3-Clause
// Replies: what is built parses as valid at the other end and says what it should.
#include "dataplane/net/limiter.h"
#include "dataplane/net/protocol.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/frames.h"

static struct net_if us, peer;

static enum net_kind at_us(struct frame *f, struct net_packet *p)
{
    enum counter drop = COUNTER_NONE;
    return net_parse(&us, f->b, f->len, 0, p, &drop);
}

static enum net_kind at_peer(struct frame *f, struct net_packet *p)
{
    enum counter drop = COUNTER_NONE;
    enum net_kind kind = net_parse(&peer, f->b, f->len, 0, p, &drop);
    if (kind == NET_DROP)
        printf("\n  reply refused: %s", counter_infos[drop].name);
    return kind;
}

// A request with a random shape; returns its payload length.
static uint32_t random_request(struct frame *f, uint64_t *seed)
{
    uint8_t payload[1400], options4[8] = {7, 7, 4, 0, 0, 0, 0, 1}, options6[8] = {17, 0, 1, 4};
    uint32_t n = frame_random(seed) % sizeof(payload);
    bool six = frame_random(seed) % 2, options = frame_random(seed) % 4 == 0;
    for (uint32_t i = 0; i < n; i++)
        payload[i] = (uint8_t)frame_random(seed);
    if (six)
        frame_udp6(f, payload, n);
    else
        frame_udp4(f, payload, n);
    frame_set16(f, six ? 54 : 34, frame_random(seed) & 0xffff);
    if (options) {
        frame_insert(f, six ? 54 : 34, six ? options6 : options4, 8);
        frame_set16(f, six ? 18 : 16, frame_get16(f->b + (six ? 18 : 16)) + 8);
        f->b[six ? 20 : 14] = six ? 60 : 0x47;
    }
    frame_seal(f, 14, (six ? 54 : 34) + (options ? 8 : 0), 17);
    if (frame_random(seed) % 3 == 0)
        frame_tag(f, 0x8100, 1 + frame_random(seed) % 4000);
    return n;
}

static void check_reply(const struct frame *f, const struct net_packet *p, const struct net_packet *q)
{
    const uint8_t *ip = f->b + q->l3;
    bool four = q->family == 4;
    CU_ASSERT(q->sport == p->dport && q->dport == p->sport && q->l3 == p->l3);
    CU_ASSERT_EQUAL(q->len, f->len);
    CU_ASSERT_EQUAL(q->l4, q->l3 + (four ? 20 : 40));
    CU_ASSERT_EQUAL(four ? ip[8] : ip[7], 64);
    CU_ASSERT(memcmp(ip + (four ? 12 : 8), four ? us_ip4 : us_ip6, four ? 4 : 16) == 0);
    CU_ASSERT(memcmp(f->b, peer_mac, 6) == 0 && memcmp(f->b + 6, us_mac, 6) == 0);
    if (four)
        CU_ASSERT(frame_get16(ip + 4) == 0 && frame_get16(ip + 6) == 0x4000);
}

static void test_udp_property(void)
{
    uint64_t seed = 768;
    for (unsigned n = 0; n < 20000; n++) {
        struct frame f;
        struct net_packet p, q;
        random_request(&f, &seed);
        uint8_t tag[4];
        memcpy(tag, f.b + 12, 4);
        CU_ASSERT_EQUAL_FATAL(at_us(&f, &p), NET_UDP);
        uint32_t length = frame_random(&seed) % 1400;
        uint8_t payload[1400];
        for (uint32_t i = 0; i < length; i++)
            payload[i] = f.b[p.payload + i] = (uint8_t)frame_random(&seed);
        struct net_packet asked = p;
        f.len = net_reply_udp(&p, length, false);
        CU_ASSERT_EQUAL_FATAL(at_peer(&f, &q), NET_UDP);
        check_reply(&f, &asked, &q);
        CU_ASSERT_EQUAL(q.len - q.payload, length);
        CU_ASSERT(memcmp(f.b + q.payload, payload, length) == 0);
        CU_ASSERT(p.l3 == 14 || memcmp(tag, f.b + 12, 4) == 0);
    }
}

// A payload chosen so that the sum comes out as 0 must be sent as 0xffff: 0 would mean "none".
static void test_zero_checksum(void)
{
    for (unsigned family = 4; family <= 6; family += 2) {
        struct frame f;
        struct net_packet p, q;
        uint8_t zeros[2] = {0, 0};
        if (family == 4)
            frame_udp4(&f, zeros, 2);
        else
            frame_udp6(&f, zeros, 2);
        uint32_t field = family == 4 ? 40 : 60, body = family == 4 ? 42 : 62;
        frame_set16(&f, body, frame_get16(f.b + field)); // the complement of all the rest
        frame_set16(&f, field, 0xffff);
        CU_ASSERT_EQUAL_FATAL(at_us(&f, &p), NET_UDP);
        f.len = net_reply_udp(&p, 2, false);
        CU_ASSERT_EQUAL(frame_get16(f.b + field), 0xffff);
        CU_ASSERT_EQUAL(at_peer(&f, &q), NET_UDP);
    }
}

// The port completes the sum: pseudo-header first, header and payload on top.
static void test_checksum_offload(void)
{
    for (unsigned family = 4; family <= 6; family += 2) {
        struct frame f;
        struct net_packet p, q;
        if (family == 4)
            frame_udp4(&f, (const uint8_t *)"hello", 5);
        else
            frame_udp6(&f, (const uint8_t *)"hello", 5);
        CU_ASSERT_EQUAL_FATAL(at_us(&f, &p), NET_UDP);
        f.len = net_reply_udp(&p, 5, true);
        uint32_t l4 = family == 4 ? 34 : 54;
        frame_set16(&f, l4 + 6, ~frame_sum(0, f.b + l4, f.len - l4) & 0xffff);
        CU_ASSERT_EQUAL(at_peer(&f, &q), NET_UDP);
    }
}

static void test_udp_room(void)
{
    struct frame f;
    struct net_packet p;
    frame_udp4(&f, NULL, 1);
    at_us(&f, &p);
    CU_ASSERT_EQUAL(net_udp_room(&us, &p), 1472);
    frame_udp6(&f, NULL, 1);
    at_us(&f, &p);
    CU_ASSERT_EQUAL(net_udp_room(&us, &p), 1452);
}

static void test_echo(void)
{
    for (unsigned tagged = 0; tagged < 2; tagged++) {
        for (unsigned family = 4; family <= 6; family += 2) {
            struct frame f;
            struct net_packet p, q;
            enum counter drop;
            uint8_t body[100] = {9, 8, 7, 6, 5};
            if (family == 4)
                frame_icmp4(&f, 8, 0, 57);
            else
                frame_icmp6(&f, 128, 64, body, sizeof(body));
            if (tagged)
                frame_tag(&f, 0x8100, 7);
            struct frame sent = f;
            CU_ASSERT_EQUAL_FATAL(at_us(&f, &p), NET_ICMP);
            f.len = net_icmp_input(&us, &p, FRAME_MAX, &drop);
            CU_ASSERT_EQUAL(f.len, sent.len);
            CU_ASSERT_EQUAL(drop, family == 4 ? CTR_icmp_echo_replies : CTR_icmp6_echo_replies);
            CU_ASSERT_EQUAL_FATAL(at_peer(&f, &q), NET_ICMP);
            CU_ASSERT_EQUAL(f.b[q.l4], family == 4 ? 0 : 129);
            CU_ASSERT(memcmp(f.b + q.l4 + 4, sent.b + q.l4 + 4, f.len - q.l4 - 4u) == 0);
        }
    }
}

static void test_icmp_counted(void)
{
    static const struct {
        uint8_t type, code;
        enum counter want;
    } four[] = {{0, 0, CTR_icmp_unhandled},        {3, 3, CTR_icmp_errors_received},
                {4, 0, CTR_icmp_errors_received},  {5, 1, CTR_icmp_redirects_ignored},
                {8, 1, CTR_icmp_bad_code},         {11, 0, CTR_icmp_errors_received},
                {12, 0, CTR_icmp_errors_received}, {13, 0, CTR_icmp_unhandled}},
      six[] = {{1, 0, CTR_icmp6_errors_received},   {2, 0, CTR_icmp6_errors_received},
               {129, 0, CTR_icmp6_unhandled},       {133, 0, CTR_icmp6_routers_ignored},
               {134, 0, CTR_icmp6_routers_ignored}, {137, 0, CTR_icmp6_routers_ignored},
               {143, 0, CTR_icmp6_unhandled}};
    struct frame f;
    struct net_packet p;
    enum counter drop;
    for (unsigned i = 0; i < sizeof(four) / sizeof(four[0]); i++) {
        frame_icmp4(&f, four[i].type, four[i].code, 28);
        CU_ASSERT_EQUAL(at_us(&f, &p), NET_ICMP);
        CU_ASSERT_EQUAL(net_icmp_input(&us, &p, FRAME_MAX, &drop), 0);
        CU_ASSERT_EQUAL(drop, four[i].want);
    }
    for (unsigned i = 0; i < sizeof(six) / sizeof(six[0]); i++) {
        uint8_t body[48] = {0};
        frame_icmp6(&f, six[i].type, 255, body, sizeof(body));
        CU_ASSERT_EQUAL(at_us(&f, &p), NET_ICMP);
        CU_ASSERT_EQUAL(net_icmp_input(&us, &p, FRAME_MAX, &drop), 0);
        CU_ASSERT_EQUAL(drop, six[i].want);
    }
}

static void test_echo_to_group(void)
{
    static const uint8_t all[16] = {0xff, 2, [15] = 1};
    struct frame f;
    struct net_packet p;
    enum counter drop;
    frame_icmp6(&f, 128, 64, (const uint8_t *)"idsq", 4);
    frame_readdress6(&f, peer_ip6, all);
    CU_ASSERT_EQUAL(at_us(&f, &p), NET_ICMP);
    CU_ASSERT_EQUAL(net_icmp_input(&us, &p, FRAME_MAX, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_icmp6_echo_multicast);
}

// n payload bytes in the offending packet; the error quotes it up to limit bytes in all.
static void check_unreachable(unsigned family, uint32_t n, uint32_t room, uint32_t want_ip_len)
{
    struct frame f;
    struct net_packet p, q;
    struct net_limiter lim;
    enum counter drop;
    net_limiter_init(&lim, 10, 10, 0);
    if (family == 4)
        frame_udp4(&f, NULL, n);
    else
        frame_udp6(&f, NULL, n);
    struct frame sent = f;
    CU_ASSERT_EQUAL_FATAL(at_us(&f, &p), NET_UDP);
    f.len = net_port_unreachable(&us, &lim, &p, room, 1, &drop);
    CU_ASSERT_EQUAL(f.len, 14 + want_ip_len);
    CU_ASSERT_EQUAL(drop, CTR_unreachables_sent);
    CU_ASSERT_EQUAL_FATAL(at_peer(&f, &q), NET_ICMP);
    CU_ASSERT(f.b[q.l4] == (family == 4 ? 3 : 1) && f.b[q.l4 + 1] == (family == 4 ? 3 : 4));
    CU_ASSERT(memcmp(f.b + q.l4 + 8, sent.b + 14, f.len - q.l4 - 8u) == 0);
    CU_ASSERT_EQUAL(net_icmp_input(&peer, &q, room, &drop), 0);
    CU_ASSERT_EQUAL(drop, family == 4 ? CTR_icmp_errors_received : CTR_icmp6_errors_received);
}

static void test_unreachable(void)
{
    check_unreachable(4, 10, FRAME_MAX, 28 + 38);
    check_unreachable(4, 1000, FRAME_MAX, 576);
    check_unreachable(4, 100, 14 + 80, 80);
    check_unreachable(6, 10, FRAME_MAX, 48 + 58);
    check_unreachable(6, 1400, FRAME_MAX, 1280);
    check_unreachable(6, 100, 14 + 120, 120);
}

static void test_unreachable_refused(void)
{
    struct frame f;
    struct net_packet p;
    struct net_limiter lim;
    enum counter drop;
    net_limiter_init(&lim, 1, 1, 0);
    frame_udp4(&f, NULL, 10);
    at_us(&f, &p);
    CU_ASSERT_EQUAL(net_port_unreachable(&us, &lim, &p, 60, 0, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_reply_no_room);
    struct net_packet copy = p;
    f.b[0] |= 1; // had it come as a group frame
    CU_ASSERT_EQUAL(net_port_unreachable(&us, &lim, &copy, FRAME_MAX, 0, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_unreachable_forbidden);
    f.b[0] &= 0xfe;
    CU_ASSERT_NOT_EQUAL(net_port_unreachable(&us, &lim, &copy, FRAME_MAX, 0, &drop), 0);
    frame_udp4(&f, NULL, 10);
    at_us(&f, &p);
    CU_ASSERT_EQUAL(net_port_unreachable(&us, &lim, &p, FRAME_MAX, 0, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_unreachable_limited);
    frame_icmp4(&f, 3, 3, 28);
    at_us(&f, &p);
    CU_ASSERT_EQUAL(net_port_unreachable(&us, &lim, &p, FRAME_MAX, 5000, &drop), 0);
    CU_ASSERT_EQUAL(drop, CTR_unreachable_forbidden);
}

static void test_limiter(void)
{
    struct net_limiter l;
    net_limiter_init(&l, 100, 5, 1000);
    unsigned taken = 0;
    for (unsigned i = 0; i < 20; i++)
        taken += net_limiter_take(&l, 1000);
    CU_ASSERT_EQUAL(taken, 5);
    CU_ASSERT_FALSE(net_limiter_take(&l, 1009));
    CU_ASSERT(net_limiter_take(&l, 1010));
    CU_ASSERT_FALSE(net_limiter_take(&l, 900)); // a clock that steps back earns nothing
    taken = 0;
    for (uint64_t now = 1011; now <= 11010; now++)
        taken += net_limiter_take(&l, now);
    CU_ASSERT_EQUAL(taken, 1000);
    CU_ASSERT(net_limiter_take(&l, UINT64_MAX));
    net_limiter_init(&l, UINT32_MAX, UINT32_MAX, 0);
    CU_ASSERT(net_limiter_take(&l, UINT64_MAX));
    net_limiter_init(&l, 0, 0, 0);
    CU_ASSERT_FALSE(net_limiter_take(&l, UINT64_MAX));
}

static const struct unit_test tests[] = {
    {"random requests, replies valid", test_udp_property},
    {"udp checksum never zero", test_zero_checksum},
    {"udp checksum left to the port", test_checksum_offload},
    {"udp room", test_udp_room},
    {"echo", test_echo},
    {"other icmp counted", test_icmp_counted},
    {"echo to a group dropped", test_echo_to_group},
    {"port unreachable", test_unreachable},
    {"port unreachable refused", test_unreachable_refused},
    {"limiter", test_limiter},
};

int main(void)
{
    frame_interface(&us, us_mac, "198.18.0.2/24", "2001:db8::2/64");
    frame_interface(&peer, peer_mac, "198.18.0.1/24", "2001:db8::1/64");
    return unit_main("net_reply", tests, sizeof(tests) / sizeof(tests[0]));
}

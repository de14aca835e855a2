// SPDX-License-Identifier: BSD-3-Clause
// The single-bit RSS key and the indirection table against a Toeplitz hash written from its definition,
// itself checked with the verification vectors that Microsoft published.
#include <stdlib.h>
#include <string.h>

#include "drivers/rss.h"
#include "tests/unit/cunit_main.h"

#define SEED   20480u
#define TUPLES 20000

static const uint8_t microsoft_key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                          0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                          0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                          0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

// For each set bit of the input, from the first on, the 32 key bits that start at its place are added (xor).
static uint32_t toeplitz(const uint8_t *key, const uint8_t *input, unsigned len)
{
    uint32_t hash = 0;
    for (unsigned i = 0; i < len * 8; i++) {
        if (!(input[i / 8] & 0x80 >> i % 8))
            continue;
        for (unsigned b = 0; b < 32; b++)
            hash ^= (uint32_t)(key[(i + b) / 8] >> (7 - (i + b) % 8) & 1) << (31 - b);
    }
    return hash;
}

static void toeplitz_matches_published_vectors(void)
{
    static const uint8_t v4[] = {66, 9, 149, 187, 161, 142, 100, 80, 0x0a, 0xea, 0x06, 0xe6};
    static const uint8_t v6[] = {0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0,    0,    0,    0,
                                 0,    0,    0,    7,    0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03,
                                 0,    0,    0,    0,    0,    0,    0,    1,    0x0a, 0xea, 0x06, 0xe6};
    CU_ASSERT_EQUAL(toeplitz(microsoft_key, v4, sizeof(v4)), 0x51ccc178);
    CU_ASSERT_EQUAL(toeplitz(microsoft_key, v6, sizeof(v6)), 0x40207d3d);
}

static void random_tuple(uint8_t *tuple, unsigned len, uint16_t dport)
{
    for (unsigned i = 0; i < len - 2; i++)
        tuple[i] = (uint8_t)rand();
    tuple[len - 2] = (uint8_t)(dport >> 8);
    tuple[len - 1] = (uint8_t)dport;
}

static void port_key_ignores_all_but_the_port(void)
{
    srand(SEED);
    unsigned wrong = 0;
    for (int i = 0; i < TUPLES; i++) {
        uint8_t key[52], tuple[36];
        bool ipv6 = i & 1;
        unsigned reta_size = 2u << rand() % 9; // 2..512
        uint16_t dport = (uint16_t)rand();
        unsigned len = ipv6 ? 36 : 12;
        random_tuple(tuple, len, dport);
        rss_port_key(key, sizeof(key), reta_size, ipv6);
        wrong += (toeplitz(key, tuple, len) & (reta_size - 1)) != rss_entry_of_port(dport, reta_size);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void key_bits_are_those_of_the_derivation(void)
{
    static const struct {
        unsigned reta_size;
        bool ipv6;
        unsigned bit;
    } known[] = {{128, false, 120}, {256, false, 119}, {512, false, 118}, {128, true, 312}, {512, true, 310}};
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        uint8_t key[40], want[40] = {0};
        want[known[i].bit / 8] = (uint8_t)(0x80 >> known[i].bit % 8);
        rss_port_key(key, sizeof(key), known[i].reta_size, known[i].ipv6);
        CU_ASSERT_EQUAL(memcmp(key, want, sizeof(key)), 0);
    }
}

static void every_group_reaches_its_owner(void)
{
    srand(SEED);
    for (unsigned reta_size = 128; reta_size <= RSS_RETA_MAX; reta_size *= 2) {
        uint8_t owner[NET_NATIVE_PORTS], key[40], tuple[12];
        uint16_t queues[RSS_RETA_MAX];
        for (unsigned g = 0; g < NET_NATIVE_PORTS; g++)
            owner[g] = (uint8_t)(rand() % 7);
        CU_ASSERT_TRUE(rss_fill(queues, reta_size, owner));
        rss_port_key(key, sizeof(key), reta_size, false);
        for (unsigned g = 0; g < NET_NATIVE_PORTS; g++) {
            random_tuple(tuple, sizeof(tuple), (uint16_t)(NET_NATIVE_PORT + g));
            CU_ASSERT_EQUAL(queues[toeplitz(key, tuple, sizeof(tuple)) & (reta_size - 1)], owner[g]);
        }
    }
}

static void a_small_table_is_exact_only_for_repeating_owners(void)
{
    uint8_t owner[NET_NATIVE_PORTS];
    uint16_t queues[RSS_RETA_MAX];
    for (unsigned g = 0; g < NET_NATIVE_PORTS; g++)
        owner[g] = g % 2;
    CU_ASSERT_TRUE(rss_fill(queues, 64, owner));
    for (unsigned g = 0; g < NET_NATIVE_PORTS; g++)
        owner[g] = g % 3;
    CU_ASSERT_FALSE(rss_fill(queues, 64, owner));
}

static const struct unit_test tests[] = {
    {"toeplitz matches published vectors", toeplitz_matches_published_vectors},
    {"port key ignores all but the port", port_key_ignores_all_but_the_port},
    {"key bits are those of the derivation", key_bits_are_those_of_the_derivation},
    {"every group reaches its owner", every_group_reaches_its_owner},
    {"a small table is exact only for repeating owners", a_small_table_is_exact_only_for_repeating_owners},
};

UNIT_MAIN("rss", tests)

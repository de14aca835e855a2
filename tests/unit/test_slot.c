// SPDX-License-Identifier: BSD-3-Clause
#include "control/cluster/slot.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

static uint16_t slot(const char *key)
{
    return slot_of_key(key, (uint32_t)strlen(key));
}

static void crc_of_check_string(void)
{
    CU_ASSERT_EQUAL(crc16("123456789", 9), 0x31c3);
    CU_ASSERT_EQUAL(crc16("", 0), 0);
}

static uint16_t crc16_bitwise(const uint8_t *p, uint32_t len)
{
    uint16_t crc = 0;
    for (; len > 0; len--, p++) {
        crc ^= (uint16_t)(*p << 8);
        for (int i = 0; i < 8; i++)
            crc = (uint16_t)((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void crc_equals_bitwise_definition(void)
{
    uint8_t data[300];
    srand(7);
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)rand();
    for (uint32_t len = 0; len < 200; len++)
        for (uint32_t offset = 0; offset < 9; offset++)
            CU_ASSERT_EQUAL(crc16(data + offset, len), crc16_bitwise(data + offset, len));
}

// Values that redis-cli CLUSTER KEYSLOT prints.
static void slots_as_redis_cluster(void)
{
    CU_ASSERT_EQUAL(slot("foo"), 12182);
    CU_ASSERT_EQUAL(slot("somekey"), 11058);
    CU_ASSERT_EQUAL(slot("foo{hash_tag}"), 2515);
    CU_ASSERT_EQUAL(slot("hash_tag"), 2515);
    CU_ASSERT_EQUAL(slot(""), 0);
}

static void only_first_nonempty_tag_counts(void)
{
    CU_ASSERT_EQUAL(slot("{user1000}.following"), slot("user1000"));
    CU_ASSERT_EQUAL(slot("foo{}{bar}"), crc16("foo{}{bar}", 10) % SLOT_COUNT);
    CU_ASSERT_EQUAL(slot("foo{{bar}}zap"), slot("{bar"));
    CU_ASSERT_EQUAL(slot("foo{bar}{zap}"), slot("bar"));
    CU_ASSERT_EQUAL(slot("foo{bar"), crc16("foo{bar", 7) % SLOT_COUNT);
}

static const struct unit_test tests[] = {
    {"crc of the check string", crc_of_check_string},
    {"crc equals its bitwise definition", crc_equals_bitwise_definition},
    {"slots as Redis Cluster", slots_as_redis_cluster},
    {"only the first non-empty tag counts", only_first_nonempty_tag_counts},
};
UNIT_MAIN("slot", tests)

// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/content.h"

#include <string.h>

#define PREFIX "user:"

void content_key_prefix(uint8_t *key, uint32_t key_size)
{
    uint32_t n = key_size - CONTENT_DIGITS, named = sizeof(PREFIX) - 1;

    memset(key, '0', n);
    memcpy(key, PREFIX, n < named ? n : named);
}

void content_key_digits(uint8_t *digits, uint32_t record)
{
    for (unsigned i = CONTENT_DIGITS; i-- > 0; record >>= 4)
        digits[i] = (uint8_t) "0123456789abcdef"[record & 15];
}

static uint64_t first_state(uint32_t record)
{
    return record * 0xd6e8feb86659fd93ull + 1;
}

void content_value(uint8_t *value, uint32_t size, uint32_t record)
{
    uint64_t state = first_state(record);

    for (; size >= 8; size -= 8, value += 8) {
        uint64_t word = random_next(&state);
        memcpy(value, &word, 8);
    }
    uint64_t word = random_next(&state);
    memcpy(value, &word, size);
}

bool content_matches(const uint8_t *value, uint32_t size, uint32_t record)
{
    uint64_t state = first_state(record);

    for (; size >= 8; size -= 8, value += 8) {
        uint64_t word = random_next(&state);
        if (memcmp(value, &word, 8) != 0)
            return false;
    }
    uint64_t word = random_next(&state);
    return memcmp(value, &word, size) == 0;
}

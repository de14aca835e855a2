// SPDX-License-Identifier: BSD-3-Clause
#include "control/cluster/slot.h"

#include <string.h>

uint16_t slot_of_key(const void *key, uint32_t len)
{
    const uint8_t *open = memchr(key, '{', len);

    if (open) {
        const uint8_t *tag = open + 1;
        uint32_t rest = len - (uint32_t)(tag - (const uint8_t *)key);
        const uint8_t *close = memchr(tag, '}', rest);
        if (close && close > tag)
            return crc16(tag, (uint32_t)(close - tag)) % SLOT_COUNT;
    }
    return crc16(key, len) % SLOT_COUNT;
}

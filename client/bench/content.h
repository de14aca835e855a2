// SPDX-License-Identifier: BSD-3-Clause
// Names and contents of the benchmark's records: both follow from the record's number, so that what comes
// back can be checked without keeping a copy. Pure.
#ifndef GODWIT_CLIENT_BENCH_CONTENT_H
#define GODWIT_CLIENT_BENCH_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/random.h"

#define CONTENT_DIGITS  8u // hexadecimal digits at the end of a key
#define CONTENT_KEY_MIN CONTENT_DIGITS
#define CONTENT_KEY_MAX 512u

// Writes the part of a key that does not depend on the record: key_size - CONTENT_DIGITS bytes of filling.
void content_key_prefix(uint8_t *key, uint32_t key_size);
// Writes the last CONTENT_DIGITS bytes of a key.
void content_key_digits(uint8_t *digits, uint32_t record);
// The whole key, key_size (CONTENT_KEY_MIN..CONTENT_KEY_MAX) bytes.
static inline void content_key(uint8_t *key, uint32_t key_size, uint32_t record)
{
    content_key_prefix(key, key_size);
    content_key_digits(key + key_size - CONTENT_DIGITS, record);
}

// Fills value with the record's content; the same for every write of it.
void content_value(uint8_t *value, uint32_t size, uint32_t record);
// True when value is the record's content.
bool content_matches(const uint8_t *value, uint32_t size, uint32_t record);

#endif

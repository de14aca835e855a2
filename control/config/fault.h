// SPDX-License-Identifier: BSD-3-Clause
// Error messages of the configuration: "FILE:LINE: KEY: what is wrong and what is accepted".
#ifndef GODWIT_CONTROL_CONFIG_FAULT_H
#define GODWIT_CONTROL_CONFIG_FAULT_H

#include "control/config/source.h"

#include <stdint.h>

#define FAULT_KEY_MAX 160

struct fault {
    const char *file;
    const struct source *source;
    char *err;
    size_t err_len;
};

// Writes the message for key ("" for the file as a whole); unprintable bytes of it become '?'. Returns false.
bool fault_set(struct fault *f, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// What key accepts, in words; indices are left out: "ports[].mtu". NULL for a key that is not known.
const char *fault_accepted(const char *key);
// "VALUE is not accepted; give ...", for a value of the wrong kind or out of range. Returns false.
bool fault_value(struct fault *f, const char *key);
// Whether value lies within min and max; otherwise as fault_value.
bool fault_range(struct fault *f, const char *key, uint64_t value, uint64_t min, uint64_t max);

#endif

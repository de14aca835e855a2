// SPDX-License-Identifier: BSD-3-Clause
// Any text as a configuration file: read, or refused with a message.
#include "control/config/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char err[512] = "";
    struct config *c = config_parse("f", (const char *)data, size, err, sizeof(err));
    // Exactly one of the two, and the message on one line.
    if (!c == !err[0] || strchr(err, '\n'))
        abort();
    if (c && (c->workers < 1 || c->cores_count < c->workers || c->ports_count < 1))
        abort();
    config_free(c);
    return 0;
}

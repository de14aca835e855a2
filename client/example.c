// SPDX-License-Identifier: BSD-3-Clause
// The program of docs/client.md: godwit-example ADDRESS
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/godwit.h"

static int fail(struct godwit *g, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, godwit_error(g));
    godwit_close(g);
    return 1;
}

static void answered(void *context, const struct godwit_reply *reply)
{
    unsigned *good = context;

    if (reply->status == GODWIT_OK && reply->results[0].status == GODWIT_OK)
        (*good)++;
}

// Sixteen increments at once.
static unsigned asynchronous(struct godwit *g)
{
    struct godwit_op op = {.opcode = GODWIT_INCR, .key = "visits", .key_len = 6, .number = 1};
    unsigned good = 0;

    for (unsigned i = 0; i < 16; i++)
        if (godwit_submit(g, &op, 1, 0, answered, &good) != GODWIT_OK)
            break;
    while (godwit_outstanding(g) > 0) {
        struct pollfd p = {.fd = godwit_fd(g), .events = POLLIN};
        if (godwit_process(g) != GODWIT_OK)
            break;
        if (godwit_outstanding(g) > 0)
            poll(&p, 1, godwit_timeout_ms(g));
    }
    return good;
}

int main(int argc, char **argv)
{
    char error[256];
    const void *value;
    size_t length;
    int64_t visits;

    struct godwit *g = godwit_open(argc > 1 ? argv[1] : "198.18.0.2", NULL, error, sizeof(error));
    if (!g) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    if (godwit_set(g, "greeting", 8, "hello", 5, GODWIT_NO_EXPIRY, 0) != GODWIT_OK)
        return fail(g, "set");
    if (godwit_get(g, "greeting", 8, &value, &length, NULL) != GODWIT_OK)
        return fail(g, "get");
    printf("greeting is %.*s\n", (int)length, (const char *)value);
    printf("%u of 16 increments answered\n", asynchronous(g));
    if (godwit_incr(g, "visits", 6, 1, &visits) != GODWIT_OK)
        return fail(g, "incr");
    printf("visits is %" PRId64 "\n", visits);
    godwit_close(g);
    return 0;
}

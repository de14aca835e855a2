// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as request lines, and as the reply to a call.
#include "control/api/jsonrpc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *echo(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)err;
    return json_pack("{s:O?}", "params", params ? (json_t *)params : json_null());
}

static json_t *refuse(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx;
    err->code = API_REFUSED;
    snprintf(err->message, sizeof(err->message), "%s",
             json_string_value(json_object_get(params, "why")) ?: "no");
    return NULL;
}

static const struct api_method methods[] = {{"echo", echo}, {"refuse", refuse}, {NULL, NULL}};

// A reply is one line, and reads as a result or as an error.
static void check_reply(char *reply)
{
    if (!reply)
        return;
    size_t len = strlen(reply);
    struct api_reply err = {0};
    if (len < 2 || strchr(reply, '\n') != reply + len - 1)
        abort();
    json_t *result = jsonrpc_result(reply, len - 1, &err);
    if (!result == !err.message[0])
        abort();
    json_decref(result);
    free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        check_reply(jsonrpc_answer(methods, NULL, at, len));
        at += len + 1;
    }
    struct api_reply err = {0};
    json_decref(jsonrpc_result((const char *)data, size, &err));
    return 0;
}

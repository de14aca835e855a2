// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/jsonrpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Dumps o (stolen) as a line. Returns NULL when there is no memory.
static char *to_line(json_t *o)
{
    size_t len = o ? json_dumpb(o, NULL, 0, JSON_COMPACT) : 0;
    char *line = len ? malloc(len + 2) : NULL;
    if (line) {
        json_dumpb(o, line, len, JSON_COMPACT);
        line[len] = '\n';
        line[len + 1] = '\0';
    }
    json_decref(o);
    return line;
}

char *jsonrpc_error(const json_t *id, int code, const char *message)
{
    return to_line(json_pack("{s:s, s:O?, s:{s:i, s:s}}", "jsonrpc", "2.0", "id",
                             id ? (json_t *)id : json_null(), "error", "code", code, "message", message));
}

static char *result_line(const json_t *id, json_t *result)
{
    char *line = to_line(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result));
    if (line && strlen(line) > API_LINE_MAX) {
        free(line);
        return jsonrpc_error(id, API_INTERNAL, "the result is longer than a reply line may be");
    }
    return line;
}

static const struct api_method *find_method(const struct api_method *methods, const char *name)
{
    for (; methods->name; methods++)
        if (!strcmp(methods->name, name))
            return methods;
    return NULL;
}

// Carries out a well-formed request. Returns the result, or NULL with err filled.
static json_t *carry_out(const struct api_method *methods, void *ctx, const char *name, const json_t *params,
                         struct api_reply *err)
{
    const struct api_method *method = find_method(methods, name);
    if (!method) {
        err->code = API_METHOD_NOT_FOUND;
        snprintf(err->message, sizeof(err->message), "no method '%.60s'", name);
        return NULL;
    }
    if (params && !json_is_object(params)) {
        err->code = API_INVALID_PARAMS;
        snprintf(err->message, sizeof(err->message), "params must be an object");
        return NULL;
    }
    json_t *result = method->handler(ctx, params, err);
    if (!result && !err->message[0])
        snprintf(err->message, sizeof(err->message), "%s failed", method->name);
    return result;
}

// What is wrong with the request as such, or NULL.
static const char *request_fault(const json_t *request)
{
    if (json_is_array(request))
        return "batches are not served: send one object a line";
    if (!json_is_object(request))
        return "a request must be an object";
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    if (!version || strcmp(version, "2.0"))
        return "\"jsonrpc\" must be \"2.0\"";
    if (!json_is_string(json_object_get(request, "method")))
        return "\"method\" must be a string";
    const json_t *id = json_object_get(request, "id");
    if (id && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
        return "\"id\" must be a string, a number or null";
    return NULL;
}

static char *answer_request(const struct api_method *methods, void *ctx, const json_t *request)
{
    const char *fault = request_fault(request);
    if (fault)
        return jsonrpc_error(NULL, API_INVALID_REQUEST, fault);
    struct api_reply err = {.code = API_INTERNAL};
    json_t *result = carry_out(methods, ctx, json_string_value(json_object_get(request, "method")),
                               json_object_get(request, "params"), &err);
    const json_t *id = json_object_get(request, "id");
    if (!id) {
        json_decref(result);
        return NULL;
    }
    return result ? result_line(id, result) : jsonrpc_error(id, err.code, err.message);
}

char *jsonrpc_answer(const struct api_method *methods, void *ctx, const char *line, size_t len)
{
    size_t start = 0;
    while (start < len && strchr(" \t\r", line[start]) && line[start])
        start++;
    if (start == len)
        return NULL;
    json_error_t why;
    json_t *request = json_loadb(line + start, len - start, JSON_REJECT_DUPLICATES, &why);
    if (!request) {
        char message[256];
        snprintf(message, sizeof(message), "not JSON: column %d: %s", why.column, why.text);
        char *reply = jsonrpc_error(NULL, API_PARSE_ERROR, message);
        return reply ? reply : jsonrpc_error(NULL, API_PARSE_ERROR, "not JSON");
    }
    char *reply = answer_request(methods, ctx, request);
    json_decref(request);
    return reply;
}

char *jsonrpc_request(const char *method, json_t *params)
{
    return to_line(
        json_pack("{s:s, s:i, s:s, s:O*}", "jsonrpc", "2.0", "id", 1, "method", method, "params", params));
}

static json_t *bad_reply(struct api_reply *err, const char *why)
{
    err->code = API_INTERNAL;
    snprintf(err->message, sizeof(err->message), "the answer is not JSON-RPC: %s", why);
    return NULL;
}

json_t *jsonrpc_result(const char *line, size_t len, struct api_reply *err)
{
    json_error_t why;
    json_t *reply = json_loadb(line, len, 0, &why);
    if (!reply)
        return bad_reply(err, why.text);
    json_t *result = json_object_get(reply, "result");
    const json_t *error = json_object_get(reply, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    if (message) {
        err->code = (int)json_integer_value(json_object_get(error, "code"));
        snprintf(err->message, sizeof(err->message), "%s", message);
        result = NULL;
    } else if (result) {
        json_incref(result);
    } else {
        bad_reply(err, "neither result nor error");
    }
    json_decref(reply);
    return result;
}

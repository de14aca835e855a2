// SPDX-License-Identifier: BSD-3-Clause
// JSON-RPC 2.0 without sockets: one request line in, one reply line out.
#ifndef GODWIT_CONTROL_API_JSONRPC_H
#define GODWIT_CONTROL_API_JSONRPC_H

#include "control/api/api.h"

// Answers the request in line[0..len) (no newline). Returns the reply with its newline, to be freed with
// free(), at most API_LINE_MAX bytes; NULL when nothing is to be answered: a blank line, a notification (a
// request without id, which is carried out), or no memory. Batches are refused: one object a line.
char *jsonrpc_answer(const struct api_method *methods, void *ctx, const char *line, size_t len);

// A reply line that reports an error; id is borrowed, NULL stands for the null id.
char *jsonrpc_error(const json_t *id, int code, const char *message);

// The request line of a call with id 1; params is borrowed and may be NULL.
char *jsonrpc_request(const char *method, json_t *params);

// Reads the reply line to jsonrpc_request. Returns the result (new reference), or NULL with err filled.
json_t *jsonrpc_result(const char *line, size_t len, struct api_reply *err);

#endif

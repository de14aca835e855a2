// SPDX-License-Identifier: BSD-3-Clause
// The control API: JSON-RPC 2.0 over a Unix stream socket, one object a line. Used by godwitctl -> godwitd
// and by godwitd -> godwit-dataplane. No DPDK here.
#ifndef GODWIT_CONTROL_API_API_H
#define GODWIT_CONTROL_API_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define API_LINE_MAX    (1u << 20) // bytes of one request or reply line
#define API_CLIENTS_MAX 64

// JSON-RPC error codes of ours, beside the standard ones.
enum api_error {
    API_PARSE_ERROR = -32700,
    API_INVALID_REQUEST = -32600,
    API_METHOD_NOT_FOUND = -32601,
    API_INVALID_PARAMS = -32602,
    API_INTERNAL = -32603,
    API_REFUSED = 1,     // understood, not possible now: message says why and what to do
    API_UNAVAILABLE = 2, // a process this needs does not run
    API_DENIED = 3,      // the caller may not use the socket
};

// A method: gets params (object or NULL), returns a new reference to the result, or NULL after filling *code
// and message. Must not block.
struct api_reply {
    int code;
    char message[512];
};
typedef json_t *api_handler(void *ctx, const json_t *params, struct api_reply *err);

struct api_method {
    const char *name;
    api_handler *handler;
};

// Server half: non-blocking, driven by an epoll fd of its own that the caller waits on (or nests in its own
// epoll).
struct api_server;
// Binds path (removing a stale socket that nobody listens on; refusing one that answers), mode 0660, group as
// given (NULL: unchanged). methods ends with a NULL name. Returns NULL with a message in err.
struct api_server *api_server_open(const char *path, const char *group, const struct api_method *methods,
                                   void *ctx, char *err, size_t err_len);
int api_server_fd(const struct api_server *s);
// Serves what is ready; never blocks. A client that does not read is cut off when its output passes the
// limit; when API_CLIENTS_MAX are connected a newcomer takes the place of the one quiet longest.
void api_server_poll(struct api_server *s);
void api_server_close(struct api_server *s); // also unlinks the socket

// Client half, blocking with a timeout. Returns the result (new reference) or NULL with code and message:
// API_UNAVAILABLE when nobody listens or no answer comes within the time, API_DENIED when the caller may not
// connect.
json_t *api_call(const char *path, const char *method, json_t *params /* stolen, may be NULL */,
                 int timeout_ms, struct api_reply *err);

// The process that listens at path, or -1 with errno (ENOENT, ECONNREFUSED: nobody; EACCES: no permission).
int api_server_pid(const char *path);

#endif

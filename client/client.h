// SPDX-License-Identifier: BSD-3-Clause
// Inside of a client object; shared by the library's files only.
#ifndef GODWIT_CLIENT_CLIENT_H
#define GODWIT_CLIENT_CLIENT_H

#include <sys/socket.h>

#include "client/core/engine.h"

#define CLIENT_BURST 32u // datagrams sent or received by one system call

// What the engine carries for a request.
struct client_request {
    godwit_callback callback;
    void *context;
    struct client_request *next_free;
};

// What carries the datagrams: the kernel's UDP (socket.c), or a DPDK port (bench/).
struct client_transport {
    // Sends all that the engine has to send. GODWIT_OK or GODWIT_SYSTEM.
    enum godwit_status (*send)(struct godwit *g);
    // Gives every datagram that is there to take. GODWIT_OK or GODWIT_SYSTEM.
    enum godwit_status (*receive)(struct godwit *g,
                                  void (*take)(struct godwit *g, const uint8_t *data, uint32_t length));
};

struct godwit {
    struct engine *engine;
    struct client_request *requests, *free_requests;
    const struct client_transport *transport;
    void *transport_context;
    int fd;                         // -1: polled without waiting
    struct sockaddr_storage server; // the port is set for every datagram
    socklen_t server_len;
    uint32_t datagram_max, receive_max;
    uint32_t deadline_us;
    uint8_t *send_buffer, *receive_buffer; // CLIENT_BURST datagrams each
    char error[256];
    // Copy of the answer of the last synchronous request.
    uint8_t *answer;
    size_t answer_room;
    struct godwit_result results[GODWIT_OPS_MAX];
};

// Monotonic, microseconds.
uint64_t client_now(void);
// Stores the message that godwit_error returns, and returns status.
enum godwit_status client_fail(struct godwit *g, enum godwit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A client over another transport, with context for its use. As godwit_open.
struct godwit *client_open(const struct client_transport *transport, void *context,
                           const struct godwit_options *options, char *error, size_t error_len);

// Resolves address and opens the socket. 0, or -1 with a message in g->error.
int client_socket_open(struct godwit *g, const char *address);
extern const struct client_transport client_socket_transport;

#endif

// SPDX-License-Identifier: BSD-3-Clause
// One client of the server: its bounded input line and output queue.
#ifndef GODWIT_CONTROL_API_CONNECTION_H
#define GODWIT_CONTROL_API_CONNECTION_H

#include "control/api/api.h"

#include <stdint.h>

// Output a client may leave unread before it is cut off, bytes.
#define CONNECTION_OUTPUT_MAX (4u * API_LINE_MAX)

struct connection {
    int fd;               // -1: free
    bool armed;           // waits for EPOLLOUT
    bool closing;         // close once the output is sent
    uint64_t last_active; // the server's turn of its last complete request, or of its arrival
    char *in;
    size_t in_len, in_cap;
    char *out;
    size_t out_start, out_len, out_cap; // out[out_start .. out_start + out_len) is unsent
};

// Reads what has arrived and answers the complete lines. Returns false when the client is gone or must go;
// *served counts the lines.
bool connection_receive(struct connection *c, const struct api_method *methods, void *ctx, unsigned *served);
// Sends what the socket takes. Returns false when the client is gone, or done with `closing` set.
bool connection_send(struct connection *c);
// Queues a reply line (freed here; NULL is nothing). Returns false when the output passes its limit.
bool connection_queue(struct connection *c, char *line);
void connection_close(struct connection *c);

#endif

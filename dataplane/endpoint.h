// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's control endpoint: JSON-RPC methods on RUN_DIR/dataplane.sock, served by the housekeeping
// thread from what the workers leave in their own memory. docs/control.md describes the methods.
#ifndef GODWIT_DATAPLANE_ENDPOINT_H
#define GODWIT_DATAPLANE_ENDPOINT_H

#include "dataplane/node.h"

// Binds the socket. 0, or -1 with cause and remedy in err.
int endpoint_open(struct node *node, char *err, size_t err_len);
void endpoint_close(struct node *node);

// Serves requests until the process is told to end (SIGTERM, SIGINT or the shutdown method), correcting the
// workers' clock once a second. signal_fd: a signalfd of those signals.
void endpoint_serve(struct node *node, int signal_fd);

#endif

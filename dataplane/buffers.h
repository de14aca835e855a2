// SPDX-License-Identifier: BSD-3-Clause
// Packet buffers: how large they are, how much memory they take, their pools.
#ifndef GODWIT_DATAPLANE_BUFFERS_H
#define GODWIT_DATAPLANE_BUFFERS_H

#include "dataplane/node.h"
#include "dataplane/startup.h"

// Bytes of one buffer's data, headroom included: the largest frame of any port.
uint16_t buffers_room(const struct config *c);

// Bytes that one worker's pool takes, its bookkeeping included.
uint64_t buffers_bytes(const struct config *c);

// Creates a pool for each worker of the node, on the memory of its core. 0, or -1 with cause and remedy in
// report, and none.
int buffers_create(struct node *node, struct startup_report *report);
void buffers_destroy(struct node *node);

#endif

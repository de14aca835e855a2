// SPDX-License-Identifier: BSD-3-Clause
// The model server behind the kernel's UDP, on all 128 ports of a loopback address of its own, in a thread.
#ifndef GODWIT_TESTS_SIM_LOOPBACK_SERVER_H
#define GODWIT_TESTS_SIM_LOOPBACK_SERVER_H

#include "tests/sim/model_server.h"

struct loopback_server;

// Starts on some free 127.0.0.0/8 address, which address (16 bytes) receives. NULL when none was free.
// drop_every: 0, or every n-th datagram is ignored.
struct loopback_server *loopback_start(char *address, unsigned drop_every);
// Before the next request: a new epoch.
void loopback_restart(struct loopback_server *l, uint32_t epoch);
void loopback_stop(struct loopback_server *l);

#endif

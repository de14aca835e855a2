// SPDX-License-Identifier: BSD-3-Clause
// The data plane's process as the daemon holds it: started or found, watched and ended through a pidfd.
#ifndef GODWIT_CONTROL_DAEMON_DATAPLANE_H
#define GODWIT_CONTROL_DAEMON_DATAPLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dataplane {
    pid_t pid; // 0: none
    int pidfd; // -1: none; readable once the process has ended
};

// Starts program (a path, or a name looked up in PATH) with --config, and --latency-first if asked for, in a
// session of its own, so that it outlives this process. Returns 0 or an errno.
int dataplane_spawn(struct dataplane *d, const char *program, const char *config, bool latency_first);
// Takes hold of the process that listens at socket. Returns 0 or an errno (ENOENT, ECONNREFUSED: nobody
// does).
int dataplane_attach(struct dataplane *d, const char *socket);
// Whether the process has ended (and waits for dataplane_reap).
bool dataplane_has_ended(const struct dataplane *d);
// After the pidfd became readable: lets go of the process and writes how it ended.
void dataplane_reap(struct dataplane *d, char *how, size_t how_len);
// Ends the process: SIGTERM, and SIGKILL after 5 s. Returns false when it needed the latter. Blocks.
bool dataplane_end(struct dataplane *d);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// Checks of the Unix socket through which memif and vhost-user peers meet.
#ifndef GODWIT_DRIVERS_UNIX_PATH_H
#define GODWIT_DRIVERS_UNIX_PATH_H

#include <stddef.h>

struct config_port;

// The socket c->device will be listened on: its directory exists and is writable; nobody listens yet; a stale
// socket that nobody listens on is removed. Returns 0, or -1 with cause and remedy in err.
int unix_path_listen(const struct config_port *c, char *err, size_t err_len);

// The socket c->device will be connected to: somebody must listen already. Returns 0, or -1 with cause and
// remedy in err.
int unix_path_connect(const struct config_port *c, char *err, size_t err_len);

#endif

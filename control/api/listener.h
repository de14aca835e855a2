// SPDX-License-Identifier: BSD-3-Clause
// The listening Unix socket: created without a race, and only for peers that may use it.
#ifndef GODWIT_CONTROL_API_LISTENER_H
#define GODWIT_CONTROL_API_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

// Fills *a from path. Returns false when path is empty or longer than a socket address holds.
bool listener_address(const char *path, struct sockaddr_un *a);

// A non-blocking, close-on-exec listening socket at path, mode 0660, group as given (NULL: unchanged). A
// socket file that nobody listens on is replaced. Returns -1 with a message in err.
int listener_open(const char *path, const char *group, char *err, size_t err_len);

// Whether the peer of fd is root, this process's own user, or in the group of the socket at path.
bool listener_admits(const char *path, int fd);

#endif

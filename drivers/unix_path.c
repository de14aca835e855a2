// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/unix_path.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "drivers/driver.h"

static int check_path(const struct config_port *c, int mode, char *err, size_t err_len)
{
    char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
    if (strlen(c->device) >= sizeof(dir))
        return driver_error(c, err, err_len,
                            "socket path of %zu characters, at most %zu fit; use a shorter 'device'",
                            strlen(c->device), sizeof(dir) - 1);
    if (strchr(c->device, ','))
        return driver_error(c, err, err_len,
                            "socket path %s has a comma, which ends a DPDK argument; rename it", c->device);
    strcpy(dir, c->device);
    const char *parent = dirname(dir);
    if (access(parent, mode) < 0)
        return driver_error(c, err, err_len, "directory of the socket %s: %s; run: mkdir -p %s", c->device,
                            strerror(errno), parent);
    return 0;
}

// 0: a process has the socket; else -errno. Asks with a datagram socket, which a stream or packet socket
// refuses unseen: a connection that ends at once would take DPDK's memif server down with it.
static int probe(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int rc = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno != EPROTOTYPE ? -errno : 0;
    close(fd);
    return rc;
}

int unix_path_listen(const struct config_port *c, char *err, size_t err_len)
{
    struct stat st;
    if (check_path(c, W_OK | X_OK, err, err_len) < 0)
        return -1;
    if (lstat(c->device, &st) < 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return driver_error(c, err, err_len, "%s exists and is not a socket; remove it or correct 'device'",
                            c->device);
    if (probe(c->device) != -ECONNREFUSED)
        return driver_error(c, err, err_len,
                            "another process listens on %s; stop it or choose another 'device'", c->device);
    if (unlink(c->device) < 0)
        return driver_error(c, err, err_len, "stale socket %s: %s; remove it", c->device, strerror(errno));
    return 0;
}

int unix_path_connect(const struct config_port *c, char *err, size_t err_len)
{
    if (check_path(c, X_OK, err, err_len) < 0)
        return -1;
    int rc = probe(c->device);
    if (rc < 0)
        return driver_error(c, err, err_len,
                            "nothing listens on %s (%s); start the peer, the server of that socket, first",
                            c->device, strerror(-rc));
    return 0;
}

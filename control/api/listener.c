// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/listener.h"

#include "control/api/api.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 1024

bool listener_address(const char *path, struct sockaddr_un *a)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!path[0] || strlen(path) >= sizeof(a->sun_path))
        return false;
    strcpy(a->sun_path, path);
    return true;
}

// Two servers that start at once must not remove each other's socket: the directory is locked meanwhile.
static int lock_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(copy);
    if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// Makes path free to bind. Returns false with a message when something answers there or it is no socket.
static bool remove_stale(const char *path, char *err, size_t err_len)
{
    struct stat st;
    if (lstat(path, &st) < 0 && errno == ENOENT)
        return true;
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(err, err_len, "%s: exists and is not a socket; remove it or choose another path", path);
        return false;
    }
    int pid = api_server_pid(path);
    if (pid >= 0 || errno != ECONNREFUSED) {
        snprintf(err, err_len, "%s: in use by a running process (pid %d); end it, or choose another run_dir",
                 path, pid);
        return false;
    }
    if (unlink(path) < 0) {
        snprintf(err, err_len, "%s: cannot remove the old socket: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool set_access(const char *path, const char *group, char *err, size_t err_len)
{
    if (group) {
        const struct group *g = getgrnam(group);
        if (!g) {
            snprintf(err, err_len, "group %s does not exist: groupadd --system %s", group, group);
            return false;
        }
        if (chown(path, (uid_t)-1, g->gr_gid) < 0) {
            snprintf(err, err_len, "%s: cannot give to group %s: %s", path, group, strerror(errno));
            return false;
        }
    }
    if (chmod(path, 0660) < 0) {
        snprintf(err, err_len, "%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

// Binds and listens; the mode set on the unbound socket keeps others out until set_access.
static bool bind_at(int fd, const char *path, const char *group, char *err, size_t err_len)
{
    struct sockaddr_un a;
    if (!listener_address(path, &a)) {
        snprintf(err, err_len, "%s: a socket path must be 1 to %zu bytes long", path, sizeof(a.sun_path) - 1);
        return false;
    }
    if (!remove_stale(path, err, err_len))
        return false;
    if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        snprintf(err, err_len, "%s: cannot create the socket: %s", path, strerror(errno));
        return false;
    }
    if (!set_access(path, group, err, err_len)) {
        unlink(path);
        return false;
    }
    if (listen(fd, SOMAXCONN) < 0) {
        snprintf(err, err_len, "%s: %s", path, strerror(errno));
        unlink(path);
        return false;
    }
    return true;
}

int listener_open(const char *path, const char *group, char *err, size_t err_len)
{
    int lock = lock_directory(path);
    if (lock < 0) {
        snprintf(err, err_len, "%s: cannot open its directory: %s", path, strerror(errno));
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        snprintf(err, err_len, "%s: %s", path, strerror(errno));
    if (fd >= 0 && !bind_at(fd, path, group, err, err_len)) {
        close(fd);
        fd = -1;
    }
    close(lock);
    return fd;
}

static bool in_groups(int fd, gid_t gid)
{
    gid_t groups[GROUPS_MAX];
    socklen_t len = sizeof(groups);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
        return false;
    for (unsigned i = 0; i < len / sizeof(groups[0]); i++)
        if (groups[i] == gid)
            return true;
    return false;
}

bool listener_admits(const char *path, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    struct stat st;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    return stat(path, &st) == 0 && (peer.gid == st.st_gid || in_groups(fd, st.st_gid));
}

// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/dataplane.h"

#include "control/api/api.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TERM_WAIT_MS 5000
#define KILL_WAIT_MS 2000

extern char **environ;

int dataplane_spawn(struct dataplane *d, const char *program, const char *config, bool latency_first)
{
    char *const argv[] = {(char *)program, "--config", (char *)config,
                          latency_first ? "--latency-first" : NULL, NULL};
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t files;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
    pid_t pid;
    int error = posix_spawnp(&pid, program, &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    if (error)
        return error;
    // Our own child, not waited for yet: its pid cannot belong to another process.
    *d = (struct dataplane){.pid = pid, .pidfd = pidfd_open(pid, 0)};
    return d->pidfd < 0 ? errno : 0;
}

int dataplane_attach(struct dataplane *d, const char *socket)
{
    pid_t pid = api_server_pid(socket);
    if (pid < 0)
        return errno;
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0)
        return errno;
    // Still the listener after the pidfd was taken: the pidfd is of that process, not of a later one.
    if (api_server_pid(socket) != pid) {
        close(pidfd);
        return ESRCH;
    }
    *d = (struct dataplane){.pid = pid, .pidfd = pidfd};
    return 0;
}

void dataplane_reap(struct dataplane *d, char *how, size_t how_len)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)d->pidfd, &info, WEXITED | WNOHANG) < 0)
        snprintf(how, how_len, "ended"); // not our child: found running by dataplane_attach
    else if (info.si_code == CLD_EXITED)
        snprintf(how, how_len, "exited with status %d", info.si_status);
    else
        snprintf(how, how_len, "killed by signal %d (%s)", info.si_status, strsignal(info.si_status));
    close(d->pidfd);
    *d = (struct dataplane){.pidfd = -1};
}

static bool ends_within(const struct dataplane *d, int timeout_ms)
{
    struct pollfd p = {.fd = d->pidfd, .events = POLLIN};
    return poll(&p, 1, timeout_ms) > 0;
}

bool dataplane_has_ended(const struct dataplane *d)
{
    return d->pidfd >= 0 && ends_within(d, 0);
}

bool dataplane_end(struct dataplane *d)
{
    char how[80];
    pidfd_send_signal(d->pidfd, SIGTERM, NULL, 0);
    bool clean = ends_within(d, TERM_WAIT_MS);
    if (!clean) {
        pidfd_send_signal(d->pidfd, SIGKILL, NULL, 0);
        ends_within(d, KILL_WAIT_MS);
    }
    dataplane_reap(d, how, sizeof(how));
    return clean;
}

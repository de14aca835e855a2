// SPDX-License-Identifier: BSD-3-Clause
// godwitd: supervises the data plane and serves the control socket.
#include "control/daemon/clock.h"
#include "control/daemon/log.h"
#include "control/daemon/methods.h"
#include "control/daemon/notify.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE    2 // the command line or the configuration is wrong: starting again does not help
#define DEFAULT_FILE  "/etc/godwit/godwit.yaml"
#define DEFAULT_GROUP "godwit"
#define DATAPLANE     "godwit-dataplane"

static const char usage[] =
    "Usage: godwitd [OPTION...]\n"
    "Starts and supervises godwit-dataplane and serves the control socket RUN_DIR/control.sock.\n"
    "\n"
    "  -c, --config FILE      the configuration, default " DEFAULT_FILE "\n"
    "  -g, --group NAME       group that may use the control socket, default " DEFAULT_GROUP " if it exists\n"
    "  -d, --dataplane FILE   the data plane's program, default " DATAPLANE " beside this one, else in PATH\n"
    "  -l, --latency-first    workers never sleep, whatever FILE says\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this\n"
    "\n"
    "SIGTERM and SIGINT end the data plane and this program.\n";

struct options {
    const char *config;
    const char *group;
    const char *dataplane;
    bool latency_first;
};

// Returns -1 to go on, else the exit status.
static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"group", required_argument, NULL, 'g'},
        {"dataplane", required_argument, NULL, 'd'},
        {"latency-first", no_argument, NULL, 'l'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "c:g:d:lVh", known, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'g':
            o->group = optarg;
            break;
        case 'd':
            o->dataplane = optarg;
            break;
        case 'l':
            o->latency_first = true;
            break;
        case 'V':
            puts("godwitd " GODWIT_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs("Try 'godwitd --help'.\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "godwitd: unexpected argument '%s'\nTry 'godwitd --help'.\n", argv[optind]);
    return EXIT_USAGE;
}

// The data plane's program beside our own, else its name for a look-up in PATH.
static const char *find_dataplane(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(DATAPLANE));
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
    if (slash) {
        strcpy(slash + 1, DATAPLANE);
        if (access(path, X_OK) == 0)
            return path;
    }
    return DATAPLANE;
}

// Creates a directory and those above it. Returns false after saying why not.
static bool make_directory(const char *key, const char *path, mode_t mode)
{
    char part[PATH_MAX];
    snprintf(part, sizeof(part), "%s", path);
    for (char *p = part + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            (void)mkdir(part, 0755);
            *p = '/';
        }
    if (mkdir(part, mode) == 0 || (errno == EEXIST && access(path, W_OK | X_OK) == 0))
        return true;
    log_line(LOG_LEVEL_ERROR, "%s %s: %s; run godwitd as root, or set %s to a directory it may write", key,
             path, strerror(errno == EEXIST ? EACCES : errno), key);
    return false;
}

// Ready also when the data plane failed: from here on an operator can ask why.
static void on_change(void *ctx)
{
    struct daemon *d = ctx;
    char text[256];
    if (d->supervisor.state == SUPERVISOR_SERVING)
        daemon_apply(d);
    bool serving = d->supervisor.state == SUPERVISOR_SERVING;
    snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", serving ? "serving" : d->supervisor.reason);
    notify_send(text);
}

// Blocks the signals that end us. Returns a descriptor that tells of them.
static int catch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGHUP, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void run(struct daemon *d, struct api_server *server, int signals)
{
    supervisor_start(&d->supervisor, clock_ms());
    while (!d->stopping) {
        struct pollfd p[] = {
            {.fd = signals, .events = POLLIN},
            {.fd = api_server_fd(server), .events = POLLIN},
            {.fd = d->supervisor.process.pidfd, .events = POLLIN}, // for supervisor_tick
        };
        if (poll(p, 3, supervisor_tick(&d->supervisor, clock_ms())) < 0)
            continue;
        if (p[0].revents)
            d->stopping = true;
        if (p[1].revents)
            api_server_poll(server);
        if (d->unapplied && d->supervisor.state == SUPERVISOR_SERVING)
            daemon_apply(d);
    }
    notify_send("STOPPING=1");
    log_line(LOG_LEVEL_INFO, "stopping");
    supervisor_stop(&d->supervisor);
}

// Opens the store and the control socket, and serves. Returns the exit status.
static int serve(const struct options *o, const struct config *c)
{
    char db[PATH_MAX], control[PATH_MAX], socket[PATH_MAX], err[512];
    snprintf(db, sizeof(db), "%s/config.db", c->data_dir);
    snprintf(control, sizeof(control), "%s/control.sock", c->run_dir);
    snprintf(socket, sizeof(socket), "%s/dataplane.sock", c->run_dir);
    struct daemon d = {.started = clock_ms()};
    d.supervisor = (struct supervisor){.program = o->dataplane,
                                       .config = o->config,
                                       .latency_first = o->latency_first,
                                       .socket = socket,
                                       .changed = on_change,
                                       .ctx = &d,
                                       .process.pidfd = -1};
    int signals = catch_signals();
    struct api_server *server = api_server_open(control, o->group, daemon_methods, &d, err, sizeof(err));
    if (!server) {
        int pid = api_server_pid(control);
        if (pid >= 0)
            log_line(LOG_LEVEL_ERROR, "godwitd already runs (pid %d) and serves %s; see 'godwitctl status'",
                     pid, control);
        else
            log_line(LOG_LEVEL_ERROR, "control socket: %s", err);
        return EXIT_FAILURE;
    }
    struct kv *store = kv_open(db, err, sizeof(err));
    if (!store)
        log_line(LOG_LEVEL_ERROR, "settings: %s", err);
    d.settings = store ? settings_open(c, store) : NULL;
    if (d.settings)
        run(&d, server, signals);
    api_server_close(server);
    settings_close(d.settings);
    kv_close(store);
    close(signals);
    return d.settings ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct options o = {.config = DEFAULT_FILE};
    int status = parse_options(argc, argv, &o);
    if (status >= 0)
        return status;
    char err[512], *file = realpath(o.config, NULL);
    struct config *c = config_load(o.config, err, sizeof(err));
    if (c && o.latency_first)
        config_force_latency_first(c);
    if (!o.dataplane)
        o.dataplane = find_dataplane();
    if (!o.group && getgrnam(DEFAULT_GROUP))
        o.group = DEFAULT_GROUP;
    if (!c || !file) {
        log_line(LOG_LEVEL_ERROR, "%s", c ? strerror(errno) : err);
        status = EXIT_USAGE;
    } else if (make_directory("run_dir", c->run_dir, 0755) && make_directory("data_dir", c->data_dir, 0700)) {
        o.config = file; // absolute: it names the same file in every log and process list
        status = serve(&o, c);
    } else {
        status = EXIT_FAILURE;
    }
    config_free(c);
    free(file);
    return status;
}

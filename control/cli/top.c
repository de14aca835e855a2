// SPDX-License-Identifier: BSD-3-Clause
// The verb top: rates between two looks at the workers and the drop counters.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MS 1000
#define CTRL_C      3

struct look {
    json_t *status, *workers, *drops; // results of the methods
    double at;                        // seconds
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void look_free(struct look *l)
{
    json_decref(l->status);
    json_decref(l->workers);
    json_decref(l->drops);
    *l = (struct look){0};
}

static bool look(const struct call *c, struct look *l)
{
    *l = (struct look){.at = now()};
    l->status = request(c, "status", NULL);
    l->workers = l->status ? request(c, "worker.show", NULL) : NULL;
    l->drops = l->workers ? request(c, "drops", NULL) : NULL;
    if (!l->drops)
        look_free(l);
    return l->drops != NULL;
}

// What counted from a to b, per second; 0 when it began anew in between.
static double rate(uint64_t a, uint64_t b, double seconds)
{
    return b > a && seconds > 0 ? (double)(b - a) / seconds : 0;
}

// The share of the time between two looks in which the worker did something.
static double busy(const json_t *a, const json_t *b, double cycles_passed)
{
    const char *stage;
    const json_t *n;
    double worked = 0, counted = 0;
    json_object_foreach ((json_t *)json_object_get(b, "cycles"), stage, n) {
        double part =
            rate(number_of(json_object_get(a, "cycles"), stage), (uint64_t)json_integer_value(n), 1);
        counted += part;
        if (strcmp(stage, "idle"))
            worked += part;
    }
    // A worker asleep may count no cycles at all.
    double all = counted > cycles_passed ? counted : cycles_passed;
    return all > 0 ? worked / all : 0;
}

static json_t *worker_rates(const struct look *a, const struct look *b, double seconds)
{
    json_t *list = json_array();
    const json_t *w;
    size_t i;
    double cycles = (double)number_of(b->workers, "tsc_hz") * seconds;
    json_array_foreach (json_object_get(b->workers, "workers"), i, w) {
        const json_t *was = json_array_get(json_object_get(a->workers, "workers"), i);
        json_array_append_new(
            list,
            json_pack("{s:I, s:s, s:f, s:f, s:f, s:O?}", "id", (json_int_t)number_of(w, "id"), "state",
                      text_of(w, "state"), "busy", busy(was, w, cycles), "requests_per_s",
                      rate(number_of(was, "requests"), number_of(w, "requests"), seconds), "packets_per_s",
                      rate(number_of(was, "packets"), number_of(w, "packets"), seconds), "memory",
                      json_object_get(w, "memory")));
    }
    return list;
}

// The counters that moved, with what they count per second.
static json_t *drop_rates(const struct look *a, const struct look *b, double seconds)
{
    json_t *list = json_array();
    const json_t *counter, *was;
    size_t i, j;
    json_array_foreach (json_object_get(b->drops, "counters"), i, counter) {
        uint64_t before = 0;
        json_array_foreach (json_object_get(a->drops, "counters"), j, was)
            if (!strcmp(text_of(was, "name"), text_of(counter, "name")))
                before = number_of(was, "total");
        double per_s = rate(before, number_of(counter, "total"), seconds);
        if (per_s > 0)
            json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "name", text_of(counter, "name"), "kind",
                                                  text_of(counter, "kind"), "per_s", per_s));
    }
    return list;
}

static double sum(const json_t *list, const char *key)
{
    const json_t *entry;
    size_t i;
    double total = 0;
    json_array_foreach (list, i, entry)
        total += json_real_value(json_object_get(entry, key));
    return total;
}

static json_t *rates(const struct look *a, const struct look *b)
{
    double seconds = b->at - a->at;
    json_t *workers = worker_rates(a, b, seconds), *drops = drop_rates(a, b, seconds);
    return json_pack("{s:f, s:f, s:f, s:f, s:O?, s:o, s:o}", "seconds", seconds, "requests_per_s",
                     sum(workers, "requests_per_s"), "packets_per_s", sum(workers, "packets_per_s"),
                     "drops_per_s", sum(drops, "per_s"), "memory",
                     json_object_get(json_object_get(b->status, "dataplane"), "memory"), "workers", workers,
                     "drops", drops);
}

static struct text count_of(const json_t *object, const char *key)
{
    return print_count((uint64_t)(json_real_value(json_object_get(object, key)) + 0.5));
}

static void show_workers(const json_t *workers)
{
    static const char *const titles[] = {">worker",    "state",   ">busy", ">requests/s",
                                         ">packets/s", ">memory", ">of"};
    const json_t *w;
    size_t i;
    struct table *t = table_open(titles, sizeof(titles) / sizeof(titles[0]));
    json_array_foreach (workers, i, w) {
        const json_t *memory = json_object_get(w, "memory");
        table_cell(t, print_count(number_of(w, "id")).s);
        table_cell(t, text_of(w, "state"));
        table_cell(t, print_percent(json_real_value(json_object_get(w, "busy"))).s);
        table_cell(t, count_of(w, "requests_per_s").s);
        table_cell(t, count_of(w, "packets_per_s").s);
        table_cell(t, print_bytes(number_of(memory, "used")).s);
        table_cell(t, print_bytes(number_of(memory, "capacity")).s);
    }
    table_print_and_close(t);
}

static void show_rates(const json_t *r)
{
    const json_t *memory = json_object_get(r, "memory"), *drop;
    size_t i;
    printf("requests/s  %s\npackets/s   %s\ndrops/s     %s\nmemory      %s of %s\n\n",
           count_of(r, "requests_per_s").s, count_of(r, "packets_per_s").s, count_of(r, "drops_per_s").s,
           print_bytes(number_of(memory, "used")).s, print_bytes(number_of(memory, "capacity")).s);
    show_workers(json_object_get(r, "workers"));
    json_array_foreach (json_object_get(r, "drops"), i, drop)
        printf("%s%-5s %s: %s/s\n", i ? "" : "\n", text_of(drop, "kind"), text_of(drop, "name"),
               count_of(drop, "per_s").s);
}

// Whether the user asks to quit within the interval.
static bool quit_asked(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    double end = now() + INTERVAL_MS / 1e3;
    for (double left = INTERVAL_MS / 1e3; left > 0; left = end - now()) {
        char key = 'q';
        if (poll(&p, 1, (int)(left * 1e3) + 1) > 0 &&
            (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == CTRL_C))
            return true;
    }
    return false;
}

static int once(const struct call *c)
{
    struct look a, b;
    if (!look(c, &a))
        return EXIT_REFUSED;
    poll(NULL, 0, INTERVAL_MS);
    if (!look(c, &b)) {
        look_free(&a);
        return EXIT_REFUSED;
    }
    json_t *r = rates(&a, &b);
    if (c->json)
        request_print_json(r);
    else
        show_rates(r);
    json_decref(r);
    look_free(&a);
    look_free(&b);
    return EXIT_DONE;
}

// Redraws until q. A data plane that is away shows as its reason, until it is back.
static void watch(const struct call *c)
{
    struct look before = {0}, after;
    do {
        fputs("\033[H\033[J", stdout);
        printf("godwitctl top - %s - q quits\n\n", c->socket);
        fflush(stdout);
        if (!look(c, &after)) {
            look_free(&before);
            continue;
        }
        if (before.drops) {
            json_t *r = rates(&before, &after);
            show_rates(r);
            json_decref(r);
            fflush(stdout);
        }
        look_free(&before);
        before = after;
    } while (!quit_asked());
    look_free(&before);
}

int verb_top(struct call *c)
{
    struct termios saved, raw;
    if (c->json || (c->options & OPTION_ONCE) || !isatty(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &saved) < 0)
        return once(c);
    // Without ISIG the interrupt key arrives as a byte, so that the terminal is always restored.
    raw = saved;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    watch(c);
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    return EXIT_DONE;
}

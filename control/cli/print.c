// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text print_count(uint64_t n)
{
    struct text t;
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            t.s[out++] = ',';
        t.s[out++] = digits[i];
    }
    t.s[out] = '\0';
    return t;
}

struct text print_bytes(uint64_t n)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    struct text t;
    if (n < 1024) {
        snprintf(t.s, sizeof(t.s), "%u B", (unsigned)n);
        return t;
    }
    double value = (double)n / 1024;
    unsigned unit = 0;
    for (; value >= 1024 && unit < 5; unit++)
        value /= 1024;
    snprintf(t.s, sizeof(t.s), "%.1f %s", value, units[unit]);
    return t;
}

struct text print_duration(uint64_t ms)
{
    struct text t;
    uint64_t s = ms / 1000;
    int n = s >= 86400 ? snprintf(t.s, sizeof(t.s), "%" PRIu64 "d ", s / 86400) : 0;
    snprintf(t.s + n, sizeof(t.s) - (size_t)n, "%02u:%02u:%02u", (unsigned)(s / 3600 % 24),
             (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    return t;
}

struct text print_percent(double fraction)
{
    struct text t;
    snprintf(t.s, sizeof(t.s), "%.1f %%", 100 * fraction);
    return t;
}

struct table {
    const char *const *titles;
    unsigned columns;
    char **cells;
    size_t count;
};

static void *or_die(void *memory)
{
    if (!memory) {
        fputs("godwitctl: no memory\n", stderr);
        exit(1);
    }
    return memory;
}

struct table *table_open(const char *const *titles, unsigned columns)
{
    struct table *t = or_die(calloc(1, sizeof(*t)));
    t->titles = titles;
    t->columns = columns;
    return t;
}

void table_cell(struct table *t, const char *text)
{
    t->cells = or_die(realloc(t->cells, (t->count + 1) * sizeof(*t->cells)));
    t->cells[t->count++] = or_die(strdup(text));
}

static bool is_right(const char *title)
{
    return title[0] == '>';
}

static int width(const struct table *t, unsigned column)
{
    size_t widest = strlen(t->titles[column]) - is_right(t->titles[column]);
    for (size_t i = column; i < t->count; i += t->columns)
        if (strlen(t->cells[i]) > widest)
            widest = strlen(t->cells[i]);
    return (int)widest;
}

// The last column, if on the left, is not padded.
static void print_cell(const struct table *t, unsigned column, int width, const char *text)
{
    bool last = column + 1 == t->columns;
    int pad = is_right(t->titles[column]) ? width : last ? 0 : -width;
    printf("%*s%s", pad, text, last ? "\n" : "  ");
}

void table_print_and_close(struct table *t)
{
    int *widths = or_die(calloc(t->columns, sizeof(*widths)));
    for (unsigned c = 0; c < t->columns; c++)
        widths[c] = width(t, c);
    for (unsigned c = 0; c < t->columns; c++)
        print_cell(t, c, widths[c], t->titles[c] + is_right(t->titles[c]));
    for (size_t i = 0; i < t->count; i++) {
        print_cell(t, (unsigned)(i % t->columns), widths[i % t->columns], t->cells[i]);
        free(t->cells[i]);
    }
    free(widths);
    free(t->cells);
    free(t);
}

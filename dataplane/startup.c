// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/startup.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 22

static void print_name(unsigned i, unsigned n, const char *name)
{
    printf("[%2u/%u] %s ", i + 1, n, name);
    for (size_t k = strlen(name); k < NAME_WIDTH; k++)
        putchar('.');
    fflush(stdout);
}

int startup_run(const struct startup_step *steps, unsigned n, void *ctx)
{
    for (unsigned i = 0; i < n; i++) {
        struct startup_report report = {{0}, {0}};
        print_name(i, n, steps[i].name);
        if (steps[i].run(ctx, &report) == 0) {
            printf(" ok%s%s\n", report.detail[0] ? "  " : "", report.detail);
            fflush(stdout);
            continue;
        }
        printf(" FAILED\n");
        fflush(stdout);
        fprintf(stderr, "godwit-dataplane: %s: %s\n", steps[i].name,
                report.error[0] ? report.error : "failed without saying why");
        startup_undo(steps, i, ctx);
        return -1;
    }
    return 0;
}

void startup_undo(const struct startup_step *steps, unsigned n, void *ctx)
{
    while (n-- > 0)
        if (steps[n].undo)
            steps[n].undo(ctx);
}

// SPDX-License-Identifier: BSD-3-Clause
// Start-up as a table of named steps: printed as they run; the first that fails says cause and remedy, and
// everything done so far is undone in reverse.
#ifndef GODWIT_DATAPLANE_STARTUP_H
#define GODWIT_DATAPLANE_STARTUP_H

#include <stddef.h>

struct startup_report {
    char detail[160]; // what was found or chosen, shown behind a step that succeeded
    char error[640];  // cause and remedy of a step that failed
};

struct startup_step {
    const char *name;
    int (*run)(void *ctx, struct startup_report *report); // 0, or -1 with report->error
    void (*undo)(void *ctx);                              // may be NULL; called only after run returned 0
};

// Runs all steps in order. Returns 0, or -1 after having undone what was done.
int startup_run(const struct startup_step *steps, unsigned n, void *ctx);
// Undoes all steps in reverse.
void startup_undo(const struct startup_step *steps, unsigned n, void *ctx);

#endif

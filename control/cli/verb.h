// SPDX-License-Identifier: BSD-3-Clause
// The verbs of godwitctl, declared once: parsing, help and completion follow the table.
#ifndef GODWIT_CONTROL_CLI_VERB_H
#define GODWIT_CONTROL_CLI_VERB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

// Options of single verbs; --json and --help are every verb's.
enum { OPTION_ALL = 1, OPTION_ONCE = 2 };

struct call {
    const char *socket;
    bool json;
    unsigned options; // OPTION_* given
    char **args;      // after the verb
    int args_count;
};

struct verb {
    const char *name; // words separated by one space
    const char *args; // as the help shows them
    const char *help;
    int args_min, args_max;     // args_max -1: any number
    unsigned options;           // OPTION_* it takes
    int (*run)(struct call *c); // returns an exit status, having said why when not 0
};

extern const struct verb verbs[]; // NULL name at the end
extern const struct verb_option {
    const char *name; // without dashes
    unsigned flag;
    const char *help;
} verb_options[]; // NULL name at the end

// The verb that args[0..n) begin with, and in *words how many of them it took; NULL when there is none.
const struct verb *verb_find(char **args, int n, int *words);
// Says on stderr that args name no verb, with the closest one or those that begin so.
void verb_explain_unknown(char **args, int n);
void verb_print_help(const struct verb *v); // NULL: of all
void verb_print_completion(void);

// One function per verb. They return the exit status (0, 1 refused, 2 wrong usage) and have said on stderr
// why it is not 0.
int verb_status(struct call *c);
int verb_version(struct call *c);
int verb_port_show(struct call *c);
int verb_worker_show(struct call *c);
int verb_stats(struct call *c);
int verb_drops(struct call *c);
int verb_config_get(struct call *c);
int verb_config_set(struct call *c);
int verb_top(struct call *c);

#endif

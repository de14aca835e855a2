// SPDX-License-Identifier: BSD-3-Clause
// godwitctl: the operator's command line.
#include "control/cli/verb.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SOCKET "/run/godwit/control.sock"

enum { OPT_SOCKET = 256, OPT_JSON, OPT_HELP, OPT_VERSION, OPT_COMPLETION, OPT_OF_VERB };

// The options of every verb, then those of the table.
static void list_options(struct option *list)
{
    static const struct option general[] = {
        {"socket", required_argument, NULL, OPT_SOCKET},
        {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, OPT_HELP},
        {"version", no_argument, NULL, OPT_VERSION},
        {"bash-completion", no_argument, NULL, OPT_COMPLETION},
    };
    size_t n = sizeof(general) / sizeof(general[0]);
    memcpy(list, general, sizeof(general));
    for (size_t i = 0; verb_options[i].name; i++)
        list[n++] = (struct option){verb_options[i].name, no_argument, NULL, OPT_OF_VERB + (int)i};
    list[n] = (struct option){0};
}

struct wish {
    bool help, version, completion;
};

static bool parse(int argc, char **argv, struct call *c, struct wish *w)
{
    struct option known[16];
    list_options(known);
    int o;
    while ((o = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (o == OPT_SOCKET)
            c->socket = optarg;
        else if (o == OPT_JSON)
            c->json = true;
        else if (o == OPT_HELP || o == 'h')
            w->help = true;
        else if (o == OPT_VERSION)
            w->version = true;
        else if (o == OPT_COMPLETION)
            w->completion = true;
        else if (o >= OPT_OF_VERB)
            c->options |= verb_options[o - OPT_OF_VERB].flag;
        else
            return false;
    }
    return true;
}

static int usage_error(const struct verb *v, const char *what, const char *arg)
{
    fprintf(stderr, "godwitctl: %s: %s%s\nUsage: godwitctl %s %s\nTry 'godwitctl %s --help'.\n", v->name,
            what, arg, v->name, v->args, v->name);
    return EXIT_USAGE;
}

static int run(const struct verb *v, struct call *c)
{
    for (const struct verb_option *o = verb_options; o->name; o++)
        if (c->options & o->flag & ~v->options)
            return usage_error(v, "takes no option --", o->name);
    if (c->args_count < v->args_min)
        return usage_error(v, "needs ", v->args);
    if (v->args_max >= 0 && c->args_count > v->args_max)
        return usage_error(v, "unexpected argument ", c->args[v->args_max]);
    return v->run(c);
}

// A full disk or a closed pipe must not look like success.
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("godwitctl: cannot write the result");
    return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
    const char *socket = getenv("GODWIT_SOCKET");
    struct call c = {.socket = socket && *socket ? socket : DEFAULT_SOCKET};
    struct wish w = {0};
    if (!parse(argc, argv, &c, &w)) {
        fputs("Try 'godwitctl --help'.\n", stderr);
        return EXIT_USAGE;
    }
    int words = 0, n = argc - optind;
    const struct verb *v = verb_find(argv + optind, n, &words);
    if (w.version) {
        puts("godwitctl " GODWIT_VERSION);
    } else if (w.completion) {
        verb_print_completion();
    } else if (n > 0 && !v) {
        verb_explain_unknown(argv + optind, n);
        return EXIT_USAGE;
    } else if (w.help) {
        verb_print_help(v);
    } else if (!v) {
        fputs("godwitctl: no verb given\nTry 'godwitctl --help'.\n", stderr);
        return EXIT_USAGE;
    } else {
        c.args = argv + optind + words;
        c.args_count = n - words;
        return finish(run(v, &c));
    }
    return finish(EXIT_DONE);
}

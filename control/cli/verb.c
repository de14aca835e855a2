// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/verb.h"

#include "control/config/nearest.h"

#include <stdio.h>
#include <string.h>

const struct verb verbs[] = {
    {"status", "", "whether godwitd and the data plane run, and what they hold", 0, 0, 0, verb_status},
    {"top", "", "live rates, load of the workers and memory; q quits", 0, 0, OPTION_ONCE, verb_top},
    {"port show", "", "ports: driver, link, addresses, neighbours, counters of the device", 0, 0, 0,
     verb_port_show},
    {"worker show", "", "workers: core, state, work done, where the time goes", 0, 0, 0, verb_worker_show},
    {"stats", "[NAME...]", "counters, all or those named", 0, -1, 0, verb_stats},
    {"drops", "", "why packets were dropped and requests answered with an error", 0, 0, OPTION_ALL,
     verb_drops},
    {"config get", "[KEY]", "settings, their values and where these come from", 0, 1, 0, verb_config_get},
    {"config set", "KEY VALUE",
     "change a setting at run time, for good; VALUE 'default' goes back to the file", 2, 2, 0,
     verb_config_set},
    {"version", "", "versions of godwitctl and godwitd", 0, 0, 0, verb_version},
    {0},
};

const struct verb_option verb_options[] = {
    {"all", OPTION_ALL, "counters that are zero, too"},
    {"once", OPTION_ONCE, "print the rates of one second and end"},
    {0},
};

// How many of args[0..n) spell name; 0 when they do not.
static int words_matched(const char *name, char **args, int n)
{
    int words = 0;
    for (;;) {
        size_t len = strcspn(name, " ");
        if (words == n || strlen(args[words]) != len || strncmp(args[words], name, len))
            return 0;
        words++;
        if (!name[len])
            return words;
        name += len + 1;
    }
}

const struct verb *verb_find(char **args, int n, int *words)
{
    for (const struct verb *v = verbs; v->name; v++)
        if ((*words = words_matched(v->name, args, n)) > 0)
            return v;
    return NULL;
}

static bool begins_with_word(const char *name, const char *word)
{
    size_t len = strlen(word);
    return !strncmp(name, word, len) && name[len] == ' ';
}

void verb_explain_unknown(char **args, int n)
{
    const char *known[2 * (sizeof(verbs) / sizeof(verbs[0]))];
    size_t count = 0;
    char typed[128];
    snprintf(typed, sizeof(typed), "%s%s%s", args[0], n > 1 ? " " : "", n > 1 ? args[1] : "");
    fprintf(stderr, "godwitctl: no verb '%s'", typed);
    const char *separator = "; with this first word: ";
    for (const struct verb *v = verbs; v->name; v++) {
        known[count++] = v->name;
        if (begins_with_word(v->name, args[0])) {
            fprintf(stderr, "%s%s", separator, v->name);
            separator = ", ";
        }
    }
    const char *nearest = nearest_word(typed, known, count);
    if (!nearest)
        nearest = nearest_word(args[0], known, count);
    if (separator[0] == ';' && nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs("\nTry 'godwitctl --help'.\n", stderr);
}

static void print_options(unsigned of)
{
    for (const struct verb_option *o = verb_options; o->name; o++)
        if (of & o->flag)
            printf("  --%-14s %s\n", o->name, o->help);
    puts("  --json           print the result as JSON\n"
         "  --socket PATH    the control socket, default $GODWIT_SOCKET or /run/godwit/control.sock\n"
         "  --help           print this");
}

void verb_print_help(const struct verb *v)
{
    if (v) {
        printf("Usage: godwitctl %s%s%s [OPTION...]\n%s.\n\n", v->name, *v->args ? " " : "", v->args,
               v->help);
        print_options(v->options);
        return;
    }
    puts("Usage: godwitctl VERB [ARGUMENT...] [OPTION...]\nOperates a godwit appliance through godwitd.\n");
    for (v = verbs; v->name; v++) {
        char call[48];
        snprintf(call, sizeof(call), "%s %s", v->name, v->args);
        printf("  %-22s %s\n", call, v->help);
    }
    puts("");
    print_options(0);
    puts("  --version        print the version of godwitctl\n"
         "  --bash-completion  print the completion rules for bash\n"
         "\nExit status: 0 done, 1 refused (the reason is on stderr), 2 wrong usage.");
}

static void print_words(unsigned flags)
{
    for (const struct verb_option *o = verb_options; o->name; o++)
        if (flags & o->flag)
            printf(" --%s", o->name);
    fputs(" --json --socket --help", stdout);
}

// The words that may follow `word`: the second ones of the verbs that begin with it.
static void print_second_words(const char *word, size_t len)
{
    for (const struct verb *v = verbs; v->name; v++)
        if (!strncmp(v->name, word, len) && v->name[len] == ' ')
            printf(" %s", v->name + len + 1);
}

static bool is_first_of_its_word(const struct verb *v)
{
    size_t len = strcspn(v->name, " ");
    for (const struct verb *before = verbs; before < v; before++)
        if (strcspn(before->name, " ") == len && !strncmp(before->name, v->name, len))
            return false;
    return true;
}

void verb_print_completion(void)
{
    puts("# bash completion for godwitctl, written by 'godwitctl --bash-completion'\n"
         "_godwitctl()\n{\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} words=''\n"
         "    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in");
    for (const struct verb *v = verbs; v->name; v++) {
        printf("    '%s%s'*) words='", v->name, strchr(v->name, ' ') ? "" : " ");
        print_words(v->options);
        puts("' ;;");
    }
    puts("    esac\n"
         "    if [ \"$COMP_CWORD\" = 2 ]; then\n"
         "        case \"${COMP_WORDS[1]}\" in");
    for (const struct verb *v = verbs; v->name; v++) {
        size_t len = strcspn(v->name, " ");
        if (v->name[len] && is_first_of_its_word(v)) {
            printf("        %.*s) words='", (int)len, v->name);
            print_second_words(v->name, len);
            puts("' ;;");
        }
    }
    fputs("        esac\n    elif [ \"$COMP_CWORD\" = 1 ]; then\n        words='", stdout);
    for (const struct verb *v = verbs; v->name; v++)
        if (is_first_of_its_word(v))
            printf("%.*s ", (int)strcspn(v->name, " "), v->name);
    puts("--help --version --bash-completion'\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -F _godwitctl godwitctl");
}

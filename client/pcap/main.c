// SPDX-License-Identifier: BSD-3-Clause
// godwit-pcap: captures, seen through the appliance's own codecs.
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/pcap/verb.h"

static const struct verb verbs[] = {
    {"native-decode", "IN.pcap",
     "Prints every request and reply of the native protocol (UDP ports 20480 to 20607) as one line of JSON.\n"
     "What is on these ports but not well formed is counted by reason on standard error.\n",
     native_decode},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *to)
{
    fputs("usage: godwit-pcap VERB ARGUMENT...\n       godwit-pcap VERB --help\n\n", to);
    for (unsigned i = 0; i < VERBS; i++)
        fprintf(to, "godwit-pcap %s %s\n%s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
    fputs("Files are classic pcap or pcapng, of Ethernet frames. Exit status: 0 done, 1 a file cannot be "
          "read or\n"
          "written, 2 usage.\n",
          to);
}

bool verb_files(const struct verb *v, int argc, char **argv, int files, int *status)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int option;

    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            printf("usage: godwit-pcap %s %s\n%s", v->name, v->usage, v->help);
            *status = EXIT_DONE;
            return false;
        }
        fprintf(stderr, "try godwit-pcap %s --help\n", v->name);
        return false;
    }
    if (argc - optind == files)
        return true;
    fprintf(stderr, "usage: godwit-pcap %s %s\n", v->name, v->usage);
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("godwit-pcap " GODWIT_VERSION);
        return EXIT_DONE;
    }
    for (unsigned i = 0; i < VERBS; i++)
        if (!strcmp(argv[1], verbs[i].name))
            return verbs[i].run(&verbs[i], argc - 1, argv + 1);
    fprintf(stderr, "godwit-pcap: there is no verb '%s'; try godwit-pcap --help\n", argv[1]);
    return EXIT_USAGE;
}

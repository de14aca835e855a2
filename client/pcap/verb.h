// SPDX-License-Identifier: BSD-3-Clause
// The verbs of godwit-pcap: one line in the table of main.c and one file each.
#ifndef GODWIT_CLIENT_PCAP_VERB_H
#define GODWIT_CLIENT_PCAP_VERB_H

#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_FILE = 1, EXIT_USAGE = 2 };

struct verb {
    const char *name;
    const char *usage; // what follows the name on the command line
    const char *help;  // whole lines
    // argv[0] is the verb. Returns the exit status.
    int (*run)(const struct verb *v, int argc, char **argv);
};

// Parses a verb that takes no options but --help and exactly files arguments. True: they start at
// argv[optind]. False: return *status.
bool verb_files(const struct verb *v, int argc, char **argv, int files, int *status);

// A verb's function (verb.run), in native_decode.c.
int native_decode(const struct verb *v, int argc, char **argv);

#endif

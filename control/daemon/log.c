// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_line(enum log_level level, const char *format, ...)
{
    // sd-daemon(3): "<N>" at the start of a line is its syslog priority.
    static const char *const journal[] = {"<3>", "<4>", "<6>"};
    static const char *const words[] = {"godwitd: error: ", "godwitd: warning: ", "godwitd: "};
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? journal[level] : words[level], text);
}

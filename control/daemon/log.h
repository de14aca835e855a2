// SPDX-License-Identifier: BSD-3-Clause
// Log lines of the daemon on stderr: with the priority the journal reads when it listens, else in words.
#ifndef GODWIT_CONTROL_DAEMON_LOG_H
#define GODWIT_CONTROL_DAEMON_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

// Writes one line: a printf format without a newline at its end; cut after 1023 bytes. May be called before
// anything is set up.
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

// SPDX-License-Identifier: BSD-3-Clause
// Readiness and status for systemd: the datagram of sd_notify(3).
#ifndef GODWIT_CONTROL_DAEMON_NOTIFY_H
#define GODWIT_CONTROL_DAEMON_NOTIFY_H

// Sends e.g. "READY=1\nSTATUS=serving" to $NOTIFY_SOCKET; nothing happens when that is not set.
void notify_send(const char *state);

#endif

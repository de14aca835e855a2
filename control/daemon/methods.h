// SPDX-License-Identifier: BSD-3-Clause
// The daemon's own methods and those it passes on to the data plane.
#ifndef GODWIT_CONTROL_DAEMON_METHODS_H
#define GODWIT_CONTROL_DAEMON_METHODS_H

#include "control/daemon/settings.h"
#include "control/daemon/supervisor.h"

struct daemon {
    struct supervisor supervisor;
    struct settings *settings;
    uint64_t started; // clock_ms()
    bool stopping;    // asked to end
    bool unapplied;   // the data plane may not have the settings of the store: apply them again
};

// For api_server_open, with a struct daemon as context.
extern const struct api_method daemon_methods[];

// Sends all settings to the data plane; sets `unapplied` accordingly.
void daemon_apply(struct daemon *d);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// What huge pages the machine has, and whether they suffice.
#ifndef GODWIT_DATAPLANE_HUGEPAGES_H
#define GODWIT_DATAPLANE_HUGEPAGES_H

#include "control/config/config.h"
#include "dataplane/startup.h"

// Decides by the configuration whether huge pages are used. 0 and *use, or -1 with cause and remedy when they
// are required and too few are free.
int hugepages_decide(const struct config *c, bool *use, struct startup_report *report);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment: its arguments are composed from the configuration; its log is kept and shown only on
// failure.
#ifndef GODWIT_DATAPLANE_EAL_H
#define GODWIT_DATAPLANE_EAL_H

#include "dataplane/node.h"
#include "dataplane/startup.h"

// Cores the workers run on, from the configuration or the last ones the process may use. 0, or -1 with cause
// and remedy.
int eal_choose_cores(const struct config *c, unsigned cores[CONFIG_WORKERS_MAX],
                     struct startup_report *report);

// Initialises EAL with one worker lcore per core (lcore k+1 on cores[k]; the main lcore floats). hugepages:
// use them. 0, or -1 with cause and remedy in report.
int eal_start(const struct config *c, const unsigned *cores, bool hugepages, struct startup_report *report);
void eal_stop(void);

#endif

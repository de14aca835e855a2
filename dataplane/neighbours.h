// SPDX-License-Identifier: BSD-3-Clause
// The ports' neighbour tables in the pipeline. Worker 0 owns them all; others send it what belongs there.
#ifndef GODWIT_DATAPLANE_NEIGHBOURS_H
#define GODWIT_DATAPLANE_NEIGHBOURS_H

#include "dataplane/worker.h"

// Creates the tables of all ports on worker 0, with the configured static entries. 0, or -1 with the cause in
// err.
int neighbours_create(struct worker *w, char *err, size_t err_len);
void neighbours_destroy(struct worker *w);

// ARP or ND frame in m: handled here or sent to worker 0. Takes ownership.
void neighbours_input(struct worker *w, struct rte_mbuf *m);

// Sends what is due (probes, announcements, refreshes); bounded.
void neighbours_tick(struct worker *w);

#endif

// SPDX-License-Identifier: BSD-3-Clause
// Keeps the shared memory of a departing peer mapped until no worker is inside a burst on it. DPDK's memif
// driver unmaps it from EAL's interrupt thread the moment the peer hangs up, whatever the workers are doing.
#ifndef GODWIT_GUARD_H
#define GODWIT_GUARD_H

#include <stdbool.h>
#include <stdint.h>

// Puts a bracket around the bursts of a started ethdev with n queues; lasts until it is stopped, and costs
// two atomic stores a burst. Returns 0 or -ENOMEM.
int guard_bursts(uint16_t ethdev, unsigned n);

// Packets received and sent through the guarded ethdev since it was started (the driver's own counters start
// again with every peer). Returns false when the ethdev is not guarded.
bool guard_counts(uint16_t ethdev, uint64_t *rx, uint64_t *tx);

// Frees what guard_bursts allocated, after the ethdev was stopped and its workers no longer poll it.
void guard_release(uint16_t ethdev);

// Waits until every burst that is under way now has returned.
void guard_synchronize(void);

#endif

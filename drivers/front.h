// SPDX-License-Identifier: BSD-3-Clause
// The place where workers poll a port whose peer is another process. Behind it the ethdev can be taken away
// and replaced while they poll, and the shared memory of a departing peer stays mapped until no burst uses it
// (DPDK's memif driver unmaps it from EAL's interrupt thread the moment the peer hangs up, whatever the
// workers do). To rte_eth_rx_burst and rte_eth_tx_burst a front is an ethdev number; no other function of
// DPDK knows it. Costs two atomic stores a burst.
#ifndef GODWIT_DRIVERS_FRONT_H
#define GODWIT_DRIVERS_FRONT_H

#include <stdbool.h>
#include <stdint.h>

// Opens the front of port index with n queues and nothing behind them: bursts return 0. Returns its number,
// or -errno (EBUSY: so many ethdevs that the number is taken).
int front_open(unsigned index, unsigned n);

// Frees it. No worker may poll it any more.
void front_close(uint16_t front);

// From now on queue k of the front is queue k of the started ethdev.
void front_attach(uint16_t front, uint16_t ethdev);

// Bursts return 0 again. When this returns, no burst uses what was behind the front.
void front_detach(uint16_t front);

// Packets received and sent since front_open (the driver's own counters start again with every peer).
void front_counts(uint16_t front, uint64_t *rx, uint64_t *tx);

// Waits until every burst on any front that is under way now has returned.
void front_synchronize(void);

#endif

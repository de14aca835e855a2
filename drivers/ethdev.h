// SPDX-License-Identifier: BSD-3-Clause
// What is the same for every DPDK ethdev: descriptors, offloads, MTU, queues, filters, start.
#ifndef GODWIT_DRIVERS_ETHDEV_H
#define GODWIT_DRIVERS_ETHDEV_H

#include "drivers/driver.h"

// Configures and starts one ethdev with the wanted queues, or as many as the device has; they become
// p->queues[p->n_queues...] with pools[0...] for their packets. Returns 0, or -1 with cause and remedy in err
// (the ethdev is closed by the caller then).
int ethdev_start(struct port *p, const struct port_driver *d, uint16_t ethdev, unsigned wanted,
                 struct rte_mempool *const *pools, char *err, size_t err_len);

#endif

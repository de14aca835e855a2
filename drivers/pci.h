// SPDX-License-Identifier: BSD-3-Clause
#ifndef GODWIT_DRIVERS_PCI_H
#define GODWIT_DRIVERS_PCI_H

#include "control/config/config.h"

// Appends "--allow=ADDRESS" (malloc'd) to argv. Returns how many were appended (1), or -1 without room.
int pci_eal_args(const struct config_port *c, char **argv, int room);

#endif

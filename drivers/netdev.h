// SPDX-License-Identifier: BSD-3-Clause
// Questions to the kernel about one of its network interfaces, asked by ioctl and not by /sys: a process that
// entered its network namespace with nsenter still sees the /sys of another one.
#ifndef GODWIT_DRIVERS_NETDEV_H
#define GODWIT_DRIVERS_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev {
    bool up;
    uint32_t mtu;
    unsigned rx_queues; // receive queues in use, at least 1
    bool combined;      // counted as "combined" channels by ethtool
    char driver[32];    // kernel driver, "veth"; empty when it does not say
};

// 0, or -errno (ENODEV: no such interface in this network namespace).
int netdev_query(const char *name, struct netdev *out);

// Frames that the kernel dropped on receive, since the interface was made: an AF_XDP or packet socket that is
// full loses them there, and DPDK's drivers do not count that. 0 when the interface does not exist.
uint64_t netdev_rx_dropped(const char *name);

struct config_port;
// The checks that af_xdp and af_packet share: the interface exists here, is up and takes the configured MTU.
// Returns 0, or -1 with cause and remedy in err.
int netdev_check(const struct config_port *c, struct netdev *out, char *err, size_t err_len);

#endif

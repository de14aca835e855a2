// SPDX-License-Identifier: BSD-3-Clause
// A TAP interface that DPDK creates: the kernel's end is the interface `device`, the client uses it. It
// exists as long as the port is open.
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/driver.h"
#include "drivers/netdev.h"

#define TAP_QUEUES_MAX 16u

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    struct netdev dev;
    if (strlen(c->device) >= IFNAMSIZ)
        return driver_error(c, err, err_len,
                            "interface name %s is longer than %d characters; shorten 'device'", c->device,
                            IFNAMSIZ - 1);
    if (access("/dev/net/tun", R_OK | W_OK) < 0)
        return driver_error(c, err, err_len,
                            "/dev/net/tun: %s; run as root and load the module: modprobe tun",
                            strerror(errno));
    if (netdev_query(c->device, &dev) == 0)
        return driver_error(
            c, err, err_len,
            "interface %s exists already, and this driver creates its own; remove it (ip link del %s) "
            "or choose another name",
            c->device, c->device);
    return (int)(queues < TAP_QUEUES_MAX ? queues : TAP_QUEUES_MAX);
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    (void)first;
    (void)n;
    snprintf(out, DRIVER_DEVARGS_MAX, "iface=%s", c->device);
}

const struct port_driver driver_tap = {
    .name = "tap",
    .library = "librte_net_tap.so.23",
    .separate_mac = true,
    .remedy = "it needs root (CAP_NET_ADMIN)",
    .check = check,
    .devargs = devargs,
};

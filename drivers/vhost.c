// SPDX-License-Identifier: BSD-3-Clause
// vhost-user server: virtual machines and virtio-user clients connect, leave and come back.
#include <stdio.h>

#include "drivers/driver.h"
#include "drivers/unix_path.h"

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    return unix_path_listen(c, err, err_len) < 0 ? -1 : (int)queues;
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    (void)first;
    snprintf(out, DRIVER_DEVARGS_MAX, "iface=%s,queues=%u,client=0", c->device, n);
}

const struct port_driver driver_vhost = {
    .name = "vhost",
    .library = "librte_net_vhost.so.23",
    .remedy = "its socket must be free and the directory writable",
    .check = check,
    .devargs = devargs,
};

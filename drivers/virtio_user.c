// SPDX-License-Identifier: BSD-3-Clause
// virtio-user: the client of a vhost-user socket that another process (testpmd, a switch, godwit-bench)
// serves.
#include <stdio.h>

#include "drivers/driver.h"
#include "drivers/unix_path.h"

#define QUEUE_SIZE 1024u

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    return unix_path_connect(c, err, err_len) < 0 ? -1 : (int)queues;
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    (void)first;
    snprintf(out, DRIVER_DEVARGS_MAX, "path=%s,queues=%u,queue_size=%u", c->device, n, QUEUE_SIZE);
}

const struct port_driver driver_virtio_user = {
    .name = "virtio_user",
    .library = "librte_net_virtio.so.23",
    .fronted = true,
    .eal_needs = PORT_EAL_SINGLE_FILE,
    .descriptors = QUEUE_SIZE,
    .remedy = "the vhost-user server must be listening and offer as many queues",
    .check = check,
    .devargs = devargs,
};

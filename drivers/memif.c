// SPDX-License-Identifier: BSD-3-Clause
// memif: shared memory with another process, met over a Unix socket. As server it waits for the client, which
// may come, go and come back; as client it needs the server at the start, and connects again when it returns.
#include <stdio.h>

#include "drivers/driver.h"
#include "drivers/unix_path.h"

#define RING_ORDER 10u // 1024 descriptors

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    int rc = c->server ? unix_path_listen(c, err, err_len) : unix_path_connect(c, err, err_len);
    return rc < 0 ? -1 : (int)queues;
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    (void)first;
    (void)n;
    unsigned buffer = 2048;
    while (buffer < c->mtu + 64 && buffer < 32768)
        buffer *= 2;
    snprintf(out, DRIVER_DEVARGS_MAX, "role=%s,id=0,socket=%s,socket-abstract=no,bsize=%u,rsize=%u%s",
             c->server ? "server" : "client", c->device, buffer, RING_ORDER,
             !c->server && c->zero_copy ? ",zero-copy=yes" : "");
}

const struct port_driver driver_memif = {
    .name = "memif",
    .library = "librte_net_memif.so.23",
    .fronted = true,
    .descriptors = 1u << RING_ORDER,
    .remedy = "its socket must be free and the directory writable",
    .check = check,
    .devargs = devargs,
};

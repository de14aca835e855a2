// SPDX-License-Identifier: BSD-3-Clause
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "drivers/driver.h"

static const struct port_driver *const drivers[CONFIG_DRIVERS] = {
    [CONFIG_AF_XDP] = &driver_af_xdp,
    [CONFIG_AF_PACKET] = &driver_af_packet,
    [CONFIG_TAP] = &driver_tap,
    [CONFIG_MEMIF] = &driver_memif,
    [CONFIG_VIRTIO_USER] = &driver_virtio_user,
    [CONFIG_VHOST] = &driver_vhost,
    [CONFIG_RING] = &driver_ring,
    [CONFIG_PCI] = &driver_pci,
};

const struct port_driver *driver_of(enum config_driver kind)
{
    return drivers[kind];
}

int driver_error(const struct config_port *c, char *err, size_t err_len, const char *fmt, ...)
{
    int used = snprintf(err, err_len, "port %s: ", c->name);
    if (used < 0 || (size_t)used >= err_len)
        return -1;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err + used, err_len - (size_t)used, fmt, args);
    va_end(args);
    return -1;
}

void port_fact(struct port *p, const char *fmt, ...)
{
    size_t used = strlen(p->facts);
    size_t room = sizeof(p->facts) - used;
    int n = used ? snprintf(p->facts + used, room, "; ") : 0;
    if ((size_t)n >= room)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->facts + used + n, room - (size_t)n, fmt, args);
    va_end(args);
}

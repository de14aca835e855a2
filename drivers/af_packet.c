// SPDX-License-Identifier: BSD-3-Clause
// Packet sockets with mapped rings on a kernel interface: works everywhere, slower than AF_XDP. The kernel
// spreads frames over the queues by flow (PACKET_FANOUT_HASH).
#include <stdio.h>

#include "drivers/driver.h"
#include "drivers/netdev.h"

#define FRAME_OVERHEAD 128u // tpacket header, Ethernet header, VLAN tag, alignment
#define FRAMES         1024u

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    struct netdev dev;
    return netdev_check(c, &dev, err, err_len) < 0 ? -1 : (int)queues;
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    (void)first;
    unsigned frame = 2048;
    while (frame < c->mtu + FRAME_OVERHEAD)
        frame *= 2;
    unsigned block = frame < 4096 ? 4096 : frame;
    snprintf(out, DRIVER_DEVARGS_MAX, "iface=%s,qpairs=%u,framesz=%u,blocksz=%u,framecnt=%u", c->device, n,
             frame, block, FRAMES);
}

const struct port_driver driver_af_packet = {
    .name = "af_packet",
    .library = "librte_net_af_packet.so.23",
    .drops_in_kernel = true,
    .remedy = "it needs root (CAP_NET_RAW)",
    .check = check,
    .devargs = devargs,
};

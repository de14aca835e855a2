// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP on a kernel interface. One ethdev per queue: DPDK's driver counts "combined" channels, which veth
// does not have, and takes more than one queue only where they are.
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "drivers/driver.h"
#include "drivers/netdev.h"

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    struct netdev dev;
    if (netdev_check(c, &dev, err, err_len) < 0)
        return -1;
    if (!strcmp(dev.driver, "veth") && dev.mtu > CONFIG_MTU_AF_XDP_MAX)
        return driver_error(c, err, err_len,
                            "XDP on veth takes an MTU of at most %u, %s has %u; run: ip link set %s mtu 1500",
                            CONFIG_MTU_AF_XDP_MAX, c->device, dev.mtu, c->device);
    if (dev.rx_queues > queues) {
        const char *format = dev.combined ? "combined %u" : "rx %u tx %u";
        char channels[32];
        snprintf(channels, sizeof(channels), format, queues, queues);
        return driver_error(
            c, err, err_len,
            "%s has %u receive queues but only %u would be read, and frames on the others would be "
            "lost; run: ethtool -L %s %s, or use more workers",
            c->device, dev.rx_queues, queues, c->device, channels);
    }
    return (int)dev.rx_queues;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
    (void)level;
    (void)format;
    (void)args;
    return 0;
}

static int silent_xdp(enum libxdp_print_level level, const char *format, va_list args)
{
    (void)level;
    (void)format;
    (void)args;
    return 0;
}

static void devargs(const struct config_port *c, unsigned first, unsigned n, char *out)
{
    // Both warn about every step of a start that succeeds.
    libbpf_set_print(silent);
    libxdp_set_print(silent_xdp);
    int used = snprintf(out, DRIVER_DEVARGS_MAX, "iface=%s,start_queue=%u,queue_count=%u,busy_budget=%u",
                        c->device, first, n, c->busy_budget);
    if (c->copy)
        snprintf(out + used, DRIVER_DEVARGS_MAX - (size_t)used, ",force_copy=1");
}

const struct port_driver driver_af_xdp = {
    .name = "af_xdp",
    .library = "librte_net_af_xdp.so.23",
    .drops_in_kernel = true,
    .queue_per_ethdev = true,
    .remedy = "it needs root (CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF), Linux 5.4, no other XDP program on the "
              "interface "
              "(ip link set DEVICE xdp off), and a locked-memory limit of at least 64 MB (ulimit -l)",
    .check = check,
    .devargs = devargs,
};

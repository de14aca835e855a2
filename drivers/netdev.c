// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/driver.h"

static void query_ethtool(int fd, struct ifreq *ifr, struct netdev *out)
{
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    ifr->ifr_data = (void *)&channels;
    out->rx_queues = 1;
    if (ioctl(fd, SIOCETHTOOL, ifr) == 0 && channels.combined_count + channels.rx_count > 0) {
        out->rx_queues = channels.combined_count + channels.rx_count;
        out->combined = channels.combined_count > 0;
    }
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    ifr->ifr_data = (void *)&info;
    if (ioctl(fd, SIOCETHTOOL, ifr) == 0)
        snprintf(out->driver, sizeof(out->driver), "%s", info.driver);
}

int netdev_query(const char *name, struct netdev *out)
{
    struct ifreq ifr = {0};
    memset(out, 0, sizeof(*out));
    if (strlen(name) >= sizeof(ifr.ifr_name))
        return -ENODEV;
    strcpy(ifr.ifr_name, name);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int rc = 0;
    if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0) {
        rc = -errno;
    } else {
        out->up = ifr.ifr_flags & IFF_UP;
        if (ioctl(fd, SIOCGIFMTU, &ifr) == 0)
            out->mtu = (uint32_t)ifr.ifr_mtu;
        query_ethtool(fd, &ifr, out);
    }
    close(fd);
    return rc;
}

int netdev_check(const struct config_port *c, struct netdev *out, char *err, size_t err_len)
{
    int rc = netdev_query(c->device, out);
    if (rc == -ENODEV)
        return driver_error(
            c, err, err_len,
            "there is no interface %s in this network namespace; create it, or correct 'device' "
            "(ip link shows what there is)",
            c->device);
    if (rc < 0)
        return driver_error(c, err, err_len, "cannot query interface %s: %s", c->device, strerror(-rc));
    if (!out->up)
        return driver_error(c, err, err_len, "interface %s is down; run: ip link set %s up", c->device,
                            c->device);
    if (out->mtu < c->mtu)
        return driver_error(c, err, err_len,
                            "interface %s has MTU %u, the configuration wants %u; run: ip link set %s mtu %u",
                            c->device, out->mtu, c->mtu, c->device, c->mtu);
    return 0;
}

// /proc, unlike /sys, follows the process into its network namespace.
uint64_t netdev_rx_dropped(const char *name)
{
    char line[512], device[32];
    unsigned long long dropped = 0, n;
    FILE *f = fopen("/proc/self/net/dev", "re");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, " %31[^:]: %*u %*u %*u %llu", device, &n) == 2 && strcmp(device, name) == 0)
            dropped = n;
    if (f)
        fclose(f);
    return dropped;
}

// SPDX-License-Identifier: BSD-3-Clause
// A PCI NIC by its address. Nothing is bound here: the device must be on vfio-pci (or a uio driver) already,
// or be one whose poll-mode driver works beside the kernel's (mlx4, mlx5: bifurcated).
#include <errno.h>
#include <libgen.h>
#include <rte_ethdev.h>
#include <rte_pci.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/driver.h"

static const char *const user_drivers[] = {"vfio-pci", "igb_uio", "uio_pci_generic", "mlx4_core",
                                           "mlx5_core"};

// The kernel driver the device is bound to, "" for none. Returns false when there is no such device.
static bool bound_driver(const char *address, char *name, size_t len)
{
    char path[96], target[256];
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
    if (access(path, F_OK) < 0)
        return false;
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    target[n < 0 ? 0 : n] = 0;
    snprintf(name, len, "%s", n < 0 ? "" : basename(target));
    return true;
}

static bool normalise(const char *text, char out[static PCI_PRI_STR_SIZE])
{
    struct rte_pci_addr address;
    if (rte_pci_addr_parse(text, &address) < 0)
        return false;
    rte_pci_device_name(&address, out, PCI_PRI_STR_SIZE);
    return true;
}

static int check(const struct config_port *c, unsigned queues, char *err, size_t err_len)
{
    char address[PCI_PRI_STR_SIZE], driver[64];
    if (!normalise(c->device, address))
        return driver_error(c, err, err_len,
                            "%s is not a PCI address; write it like 0000:03:00.0 (see lspci -D)", c->device);
    if (!bound_driver(address, driver, sizeof(driver)))
        return driver_error(
            c, err, err_len,
            "no PCI device %s; lspci -D lists what there is (in a container /sys must be the host's)",
            address);
    for (unsigned i = 0; i < sizeof(user_drivers) / sizeof(user_drivers[0]); i++)
        if (!strcmp(driver, user_drivers[i]))
            return (int)queues;
    return driver_error(c, err, err_len,
                        "%s is bound to %s, which no process can drive; run: scripts/host-check --apply, or "
                        "modprobe vfio-pci && dpdk-devbind.py -b vfio-pci %s",
                        address, driver[0] ? driver : "no kernel driver", address);
}

// One device may carry several ethdevs (ConnectX-3): the first is taken.
static int attach(const struct config_port *c, unsigned index, unsigned n, char *err, size_t err_len)
{
    char address[PCI_PRI_STR_SIZE];
    struct rte_dev_iterator it;
    uint16_t ethdev;
    (void)index;
    (void)n;
    if (normalise(c->device, address)) {
        char filter[64];
        snprintf(filter, sizeof(filter), "pci:%s", address);
        RTE_ETH_FOREACH_MATCHING_DEV(ethdev, filter, &it)
        {
            rte_eth_iterator_cleanup(&it);
            return ethdev;
        }
    }
    return driver_error(
        c, err, err_len,
        "DPDK found no network port on %s: no poll-mode driver knows it, or vfio refused it (is the IOMMU "
        "on: intel_iommu=on or amd_iommu=on on the kernel's command line? is the whole IOMMU group bound?)",
        c->device);
}

int pci_eal_args(const struct config_port *c, char **argv, int room)
{
    char address[PCI_PRI_STR_SIZE];
    if (room < 1 || !normalise(c->device, address))
        return -1;
    return asprintf(&argv[0], "--allow=%s", address) < 0 ? -1 : 1;
}

const struct port_driver driver_pci = {
    .name = "pci",
    .eal_needs = PORT_EAL_PCI | PORT_EAL_HUGEPAGES,
    .offloads = true,
    .remedy = "hugepages and vfio: scripts/host-check says what is wrong",
    .check = check,
    .attach = attach,
};

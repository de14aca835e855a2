// SPDX-License-Identifier: BSD-3-Clause
// What a port driver is: one constant struct per file of this folder, listed in table.c. Private to drivers/.
#ifndef GODWIT_DRIVERS_DRIVER_H
#define GODWIT_DRIVERS_DRIVER_H

#include <stddef.h>

#include "drivers/port.h"

#define DRIVER_DEVARGS_MAX 512u

struct port_driver {
    const char *name;      // as in the configuration
    const char *library;   // shared object of DPDK's poll-mode driver; NULL: whatever the PCI bus finds
    unsigned eal_needs;    // PORT_EAL_*
    bool drops_in_kernel;  // what its socket has no room for is counted by the kernel's device
    bool queue_per_ethdev; // every queue is an ethdev of its own
    bool fronted;          // the peer is a process: workers poll a front (front.h)
    bool offloads;         // checksums and RSS are done by a device, not by the poll-mode driver in software
    bool separate_mac;     // the ethdev's MAC belongs to the kernel's end of the wire
    uint16_t descriptors;  // per ring; 0: what the device suggests
    const char *remedy;    // said when the device refuses to start

    // Checks the device before anything is created. queues: wanted. Returns how many queues it will have
    // (1..queues), or -1 with cause and remedy in err.
    int (*check)(const struct config_port *c, unsigned queues, char *err, size_t err_len);

    // Arguments of the ethdev that carries queues first..first+n-1, for drivers on DPDK's virtual bus; out
    // has DRIVER_DEVARGS_MAX bytes.
    void (*devargs)(const struct config_port *c, unsigned first, unsigned n, char *out);

    // Instead of devargs: creates or finds the ethdev. Returns its number, or -1 with cause and remedy in
    // err.
    int (*attach)(const struct config_port *c, unsigned index, unsigned n, char *err, size_t err_len);

    // Frees what attach made, after the ethdev was closed. May be NULL.
    void (*detach)(unsigned index);
};

extern const struct port_driver driver_af_xdp, driver_af_packet, driver_tap, driver_memif, driver_virtio_user,
    driver_vhost, driver_ring, driver_pci;

// The driver of a kind; never NULL.
const struct port_driver *driver_of(enum config_driver kind);

// Writes "port NAME: " and the message. Returns -1.
__attribute__((format(printf, 4, 5))) int driver_error(const struct config_port *c, char *err, size_t err_len,
                                                       const char *fmt, ...);

// Appends one fact to p->facts, separated by "; "; cut when full.
__attribute__((format(printf, 2, 3))) void port_fact(struct port *p, const char *fmt, ...);

#endif

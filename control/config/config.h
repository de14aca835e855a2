// SPDX-License-Identifier: BSD-3-Clause
// The boot configuration: one YAML file, the same for godwitd and godwit-dataplane. Errors name line and key.
#ifndef GODWIT_CONTROL_CONFIG_CONFIG_H
#define GODWIT_CONTROL_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PORTS_MAX       8
#define CONFIG_ADDRESSES_MAX   32
#define CONFIG_NEIGHBOURS_MAX  64
#define CONFIG_WORKERS_MAX     64

#define CONFIG_VALUE_BYTES_MIN 1024
#define CONFIG_VALUE_BYTES_MAX 536870912
#define CONFIG_QUANTUM_US_MAX  1000 // at least 1
// Largest MTU with XDP: a page less headroom, tailroom and Ethernet header.
#define CONFIG_MTU_AF_XDP_MAX  3506u

enum config_hugepages { CONFIG_HUGEPAGES_AUTO, CONFIG_HUGEPAGES_REQUIRED, CONFIG_HUGEPAGES_NEVER };
enum config_driver {
    CONFIG_AF_XDP,
    CONFIG_AF_PACKET,
    CONFIG_TAP,
    CONFIG_MEMIF,
    CONFIG_VIRTIO_USER,
    CONFIG_VHOST,
    CONFIG_RING,
    CONFIG_PCI,
    CONFIG_DRIVERS
};

struct config_neighbour {
    char *address;
    char *mac;
};

struct config_port {
    char *name;                // required, shown everywhere
    enum config_driver driver; // required: af_xdp af_packet tap memif virtio_user vhost ring pci
    char *device;              // interface, socket path, or PCI address (not for ring)
    uint32_t queues;           // 0 (not given): one per worker where the device can, else 1
    uint32_t mtu;              // default 1500
    char **addresses;          // "198.18.0.2/24", "2001:db8:18::2/64"
    unsigned addresses_count;
    char *gateway;                       // IPv4, optional
    char *gateway6;                      // IPv6, optional
    struct config_neighbour *neighbours; // static entries
    unsigned neighbours_count;
    char *mac;            // optional: overrides the device's
    bool copy;            // af_xdp: force copy mode
    uint32_t busy_budget; // af_xdp: SO_BUSY_POLL_BUDGET, default 0
    bool server;          // memif: listen on the socket (default true)
    bool zero_copy;       // memif client
};

struct config {
    char *node;       // name of this node, default the host's
    uint32_t workers; // default 1
    uint32_t *cores;  // worker k runs on cores[k]; default: the last `workers` cores the process may use
    unsigned cores_count;
    bool latency_first; // never sleep, default false
    uint32_t memory_mb; // store region per worker, default 256
    enum config_hugepages hugepages;
    uint64_t max_value_bytes;  // default 8388608, at most 536870912
    bool diagnostics;          // default false
    uint32_t buffers;          // packet buffers per worker, default 16384
    uint32_t quantum_us;       // default 2
    char *run_dir;             // default /run/godwit
    char *data_dir;            // default /var/lib/godwit
    struct config_port *ports; // at least one
    unsigned ports_count;
    uint32_t given;  // bit i: the file has config_keys[i]
    uint32_t forced; // bit i: an option of the command line took the place of config_keys[i]
};

// The keys of the file but for ports, NULL at the end.
extern const char *const config_keys[];

// Reads and checks a file (or a buffer). Returns a configuration with defaults filled in, to be freed with
// config_free, or NULL with a message "FILE:LINE: KEY: what is wrong and what is accepted" in err.
struct config *config_load(const char *path, char *err, size_t err_len);
struct config *config_parse(const char *name, const char *text, size_t len, char *err, size_t err_len);
void config_free(struct config *c); // NULL is nothing
// What the option --latency-first of both programs does: workers never sleep, whatever the file says.
void config_force_latency_first(struct config *c);
// As the file spells it.
const char *config_driver_name(enum config_driver d);

#endif

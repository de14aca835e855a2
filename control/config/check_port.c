// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/address.h"
#include "control/config/check.h"

#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct key {
    char text[FAULT_KEY_MAX];
};

static __attribute__((format(printf, 2, 3))) struct key port_key(unsigned index, const char *format, ...)
{
    struct key k;
    int n = snprintf(k.text, sizeof(k.text), "ports[%u].", index);
    va_list args;
    va_start(args, format);
    vsnprintf(k.text + n, sizeof(k.text) - (size_t)n, format, args);
    va_end(args);
    return k;
}

static bool is_interface(const char *device)
{
    size_t len = strlen(device);
    return len >= 1 && len < IF_NAMESIZE && !strpbrk(device, "/, \t");
}

static bool is_socket_path(const char *device)
{
    struct sockaddr_un a;
    // DPDK's device arguments are separated by commas.
    return device[0] == '/' && strlen(device) < sizeof(a.sun_path) && !strchr(device, ',');
}

// "0000:01:00.0"
static bool is_pci_address(const char *device)
{
    static const char form[] = "xxxx:xx:xx.x";
    if (strlen(device) != sizeof(form) - 1)
        return false;
    for (unsigned i = 0; form[i]; i++)
        if (form[i] == 'x' ? !isxdigit((unsigned char)device[i]) : device[i] != form[i])
            return false;
    return true;
}

static const struct {
    bool (*valid)(const char *device); // NULL: no device
    const char *accepted;
} devices[CONFIG_DRIVERS] = {
    [CONFIG_AF_XDP] = {is_interface, "an interface name of 1 to 15 bytes"},
    [CONFIG_AF_PACKET] = {is_interface, "an interface name of 1 to 15 bytes"},
    [CONFIG_TAP] = {is_interface, "an interface name of 1 to 15 bytes"},
    [CONFIG_MEMIF] = {is_socket_path, "an absolute socket path of at most 107 bytes"},
    [CONFIG_VIRTIO_USER] = {is_socket_path, "an absolute socket path of at most 107 bytes"},
    [CONFIG_VHOST] = {is_socket_path, "an absolute socket path of at most 107 bytes"},
    [CONFIG_PCI] = {is_pci_address, "a PCI address such as 0000:01:00.0"},
};

static bool check_device(const struct config_port *p, unsigned index, struct fault *f)
{
    struct key key = port_key(index, "device");
    if (!devices[p->driver].valid)
        return !p->device ||
               fault_set(f, key.text, "driver %s has no device; leave it out", config_driver_name(p->driver));
    if (!p->device)
        return fault_set(f, key.text, "is missing; driver %s needs %s", config_driver_name(p->driver),
                         devices[p->driver].accepted);
    return devices[p->driver].valid(p->device) ||
           fault_set(f, key.text, "'%.110s' is not accepted; driver %s needs %s", p->device,
                     config_driver_name(p->driver), devices[p->driver].accepted);
}

static bool check_names(const struct config *c, unsigned index, struct fault *f)
{
    const struct config_port *p = &c->ports[index];
    struct key key = port_key(index, "name");
    if (!check_name(p->name, 31))
        return fault_value(f, key.text);
    for (unsigned i = 0; i < index; i++) {
        if (!strcmp(p->name, c->ports[i].name))
            return fault_set(f, key.text, "'%s' is the name of two ports; give each its own", p->name);
        if (p->device && c->ports[i].device && !strcmp(p->device, c->ports[i].device))
            return fault_set(f, port_key(index, "device").text, "'%s' is the device of two ports", p->device);
    }
    return true;
}

// A NIC wants buffers that cross no page, DPDK's AF_XDP driver wants them without gaps (drivers/pool.h).
static bool check_mixture(const struct config *c, unsigned index, struct fault *f)
{
    enum config_driver d = c->ports[index].driver;
    for (unsigned i = 0; i < index; i++) {
        enum config_driver other = c->ports[i].driver;
        if ((d == CONFIG_AF_XDP && other == CONFIG_PCI) || (d == CONFIG_PCI && other == CONFIG_AF_XDP))
            return fault_set(f, port_key(index, "driver").text,
                             "af_xdp and pci cannot share the packet buffers of one process; use af_packet, "
                             "or pci for both");
    }
    return true;
}

// Keys that one driver knows and the others would silently ignore.
static bool check_driver_keys(const struct config_port *p, unsigned index, struct fault *f)
{
    static const struct {
        const char *key;
        enum config_driver driver;
    } owned[] = {
        {"copy", CONFIG_AF_XDP},
        {"busy_budget", CONFIG_AF_XDP},
        {"server", CONFIG_MEMIF},
        {"zero_copy", CONFIG_MEMIF},
    };
    for (unsigned i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        struct key key = port_key(index, "%s", owned[i].key);
        if (p->driver != owned[i].driver && source_has(f->source, key.text))
            return fault_set(f, key.text, "only for driver %s; leave it out",
                             config_driver_name(owned[i].driver));
    }
    return true;
}

static bool check_numbers(const struct config_port *p, unsigned index, struct fault *f)
{
    struct key mtu = port_key(index, "mtu"), queues = port_key(index, "queues");
    if (!fault_range(f, mtu.text, p->mtu, 576, 9000))
        return false;
    if (p->driver == CONFIG_AF_XDP && p->mtu > CONFIG_MTU_AF_XDP_MAX)
        return fault_set(f, mtu.text, "%u is too large for driver af_xdp; give at most %u", p->mtu,
                         CONFIG_MTU_AF_XDP_MAX);
    if (source_has(f->source, queues.text) && !fault_range(f, queues.text, p->queues, 1, CONFIG_WORKERS_MAX))
        return false;
    return fault_range(f, port_key(index, "busy_budget").text, p->busy_budget, 0, UINT16_MAX);
}

// Whether a is an address of c's ports up to and including `index`, before the address numbered `before` of
// that one.
static bool is_taken(const struct config *c, unsigned index, unsigned before, const struct address *a)
{
    struct address other;
    for (unsigned i = 0; i <= index; i++)
        for (unsigned j = 0; j < (i == index ? before : c->ports[i].addresses_count); j++)
            if (address_parse_prefixed(c->ports[i].addresses[j], &other) && address_same(a, &other))
                return true;
    return false;
}

static bool check_addresses(const struct config *c, unsigned index, struct fault *f)
{
    const struct config_port *p = &c->ports[index];
    for (unsigned i = 0; i < p->addresses_count; i++) {
        struct key key = port_key(index, "addresses[%u]", i);
        struct address a;
        if (!address_parse_prefixed(p->addresses[i], &a))
            return fault_value(f, key.text);
        if (!address_is_host(&a))
            return fault_set(f, key.text, "'%s' is not the address of a host; give %s", p->addresses[i],
                             fault_accepted(key.text));
        if (is_taken(c, index, i, &a))
            return fault_set(f, key.text, "'%s' is given twice; give each address once", p->addresses[i]);
    }
    return true;
}

static bool check_gateway(const struct config_port *p, const char *gateway, int family, const char *key,
                          struct fault *f)
{
    struct address g, a;
    if (!gateway)
        return true;
    if (!address_parse(gateway, &g) || g.family != family || !address_is_host(&g))
        return fault_value(f, key);
    bool on_link = address_is_link_local6(&g);
    for (unsigned i = 0; i < p->addresses_count; i++) {
        address_parse_prefixed(p->addresses[i], &a);
        if (address_same(&a, &g))
            return fault_set(f, key, "'%s' is the port's own address; give that of the router", gateway);
        on_link |= address_on_link(&a, &g);
    }
    return on_link ||
           fault_set(f, key, "'%s' is in none of the port's networks; give an address that is", gateway);
}

static bool check_neighbours(const struct config_port *p, unsigned index, struct fault *f)
{
    struct address a;
    for (unsigned i = 0; i < p->neighbours_count; i++) {
        const struct config_neighbour *n = &p->neighbours[i];
        if (!address_parse(n->address, &a) || !address_is_host(&a))
            return fault_value(f, port_key(index, "neighbours[%u].address", i).text);
        if (!address_mac_valid(n->mac))
            return fault_value(f, port_key(index, "neighbours[%u].mac", i).text);
    }
    return true;
}

bool check_port(const struct config *c, unsigned index, struct fault *f)
{
    const struct config_port *p = &c->ports[index];
    if (p->mac && !address_mac_valid(p->mac))
        return fault_value(f, port_key(index, "mac").text);
    return check_device(p, index, f) && check_names(c, index, f) && check_mixture(c, index, f) &&
           check_driver_keys(p, index, f) && check_numbers(p, index, f) && check_addresses(c, index, f) &&
           check_gateway(p, p->gateway, AF_INET, port_key(index, "gateway").text, f) &&
           check_gateway(p, p->gateway6, AF_INET6, port_key(index, "gateway6").text, f) &&
           check_neighbours(p, index, f);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *key;
    const char *accepted;
} keys[] = {
    {"", "a mapping of keys, such as 'node: n1'"},
    {"node", "a name of 1 to 63 letters, digits, '.', '_' or '-'"},
    {"workers", "a number from 1 to 64"},
    {"cores", "a list of at most 64 different core numbers, at least one per worker"},
    {"cores[]", "a core number from 0 to 1023"},
    {"latency_first", "true or false"},
    {"memory_mb", "a number of MiB from 32 to 65536"},
    {"hugepages", "auto, required or never"},
    {"max_value_bytes", "a number of bytes from 1024 to 536870912"},
    {"diagnostics", "true or false"},
    {"buffers", "a number of packets from 1024 to 1048576"},
    {"quantum_us", "a number of microseconds from 1 to 1000"},
    {"run_dir", "an absolute path of at most 90 bytes"},
    {"data_dir", "an absolute path of at most 255 bytes"},
    {"ports", "a list of 1 to 8 ports, each with name and driver"},
    {"ports[]", "a port: name, driver, device, addresses"},
    {"ports[].name", "a name of 1 to 31 letters, digits, '.', '_' or '-'"},
    {"ports[].driver", "af_xdp, af_packet, tap, memif, virtio_user, vhost, ring or pci"},
    {"ports[].device", "an interface name, a socket path or a PCI address, as the driver needs"},
    {"ports[].queues", "a number from 1 to 64"},
    {"ports[].mtu", "a number of bytes from 576 to 9000"},
    {"ports[].addresses", "a list of at most 32 addresses, such as 198.18.0.2/24"},
    {"ports[].addresses[]", "an address with its prefix length, such as 198.18.0.2/24 or 2001:db8:18::2/64"},
    {"ports[].gateway", "an IPv4 address, such as 198.18.0.1"},
    {"ports[].gateway6", "an IPv6 address, such as 2001:db8:18::1"},
    {"ports[].neighbours", "a list of at most 64 entries of address and mac"},
    {"ports[].neighbours[]", "an entry of address and mac"},
    {"ports[].neighbours[].address", "an IPv4 or IPv6 address of one host"},
    {"ports[].neighbours[].mac", "a unicast MAC address, such as 02:00:00:00:00:01"},
    {"ports[].mac", "a unicast MAC address, such as 02:00:00:00:00:01"},
    {"ports[].copy", "true or false"},
    {"ports[].busy_budget", "a number of packets from 0 to 65535"},
    {"ports[].server", "true or false"},
    {"ports[].zero_copy", "true or false"},
};

const char *fault_accepted(const char *key)
{
    char plain[FAULT_KEY_MAX];
    size_t n = 0;
    for (; *key && n < sizeof(plain) - 1; key++)
        if (*key < '0' || *key > '9' || n == 0 || plain[n - 1] != '[')
            plain[n++] = *key;
    plain[n] = '\0';
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(keys[i].key, plain))
            return keys[i].accepted;
    return NULL;
}

bool fault_set(struct fault *f, const char *key, const char *format, ...)
{
    char what[384];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(f->err, f->err_len, "%s:%u: %s%s%s", f->file, f->source ? source_line(f->source, key) : 1, key,
             *key ? ": " : "", what);
    for (char *p = f->err; f->err_len && *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
            *p = '?';
    return false;
}

bool fault_value(struct fault *f, const char *key)
{
    const char *value = source_value(f->source, key);
    const char *accepted = fault_accepted(key);
    if (value)
        return fault_set(f, key, "'%.40s' is not accepted; give %s", value, accepted);
    return fault_set(f, key, "this kind of value is not accepted; give %s", accepted);
}

bool fault_range(struct fault *f, const char *key, uint64_t value, uint64_t min, uint64_t max)
{
    return (value >= min && value <= max) || fault_value(f, key);
}

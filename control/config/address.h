// SPDX-License-Identifier: BSD-3-Clause
// Addresses as the configuration writes them. Pure.
#ifndef GODWIT_CONTROL_CONFIG_ADDRESS_H
#define GODWIT_CONTROL_CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct address {
    int family;        // AF_INET or AF_INET6
    uint8_t bytes[16]; // network order; IPv4 in the first four
    unsigned prefix;   // bits, 1..32 or 1..128; full length for an address without prefix
};

// Reads "198.18.0.2/24" or "2001:db8::2/64". Returns false when it is not that.
bool address_parse_prefixed(const char *text, struct address *a);
// Reads an address without prefix.
bool address_parse(const char *text, struct address *a);
// Whether a can be the address of one host: not unspecified, loopback, multicast, broadcast, nor (shorter
// than /31) the first or last of its IPv4 network.
bool address_is_host(const struct address *a);
// Whether other lies in the network of a.
bool address_on_link(const struct address *a, const struct address *other);
bool address_same(const struct address *a, const struct address *b);
bool address_is_link_local6(const struct address *a);
// Whether text is six pairs of hex digits with colons that name one unicast station.
bool address_mac_valid(const char *text);

#endif

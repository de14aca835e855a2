// SPDX-License-Identifier: BSD-3-Clause
// Addresses: text form, prefixes, groups, and which are ours.
#include <arpa/inet.h>
#include <stdlib.h>

#include "dataplane/net/protocol.h"

const uint8_t addr_broadcast_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const uint8_t addr_all_nodes[16] = {0xff, 0x02, [15] = 1};
const uint8_t addr_unspecified[16];

static bool parse_prefix(const char *text, unsigned bits, uint8_t *prefix)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 3 || text[digits] != '\0')
        return false;
    unsigned value = (unsigned)strtoul(text, NULL, 10);
    *prefix = (uint8_t)value;
    return value <= bits;
}

bool net_addr_parse(const char *text, struct net_addr *out)
{
    char host[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "/");
    if (len >= sizeof(host))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    struct net_addr a = {0};
    a.family = memchr(host, ':', len) ? 6 : 4;
    unsigned bits = a.family == 4 ? 32 : 128;
    a.prefix = (uint8_t)bits;
    if (inet_pton(a.family == 4 ? AF_INET : AF_INET6, host, a.bytes) != 1)
        return false;
    if (text[len] == '/' && !parse_prefix(text + len + 1, bits, &a.prefix))
        return false;
    *out = a;
    return true;
}

const char *net_addr_text(const struct net_addr *a, char *buf, size_t len)
{
    if (!inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, (socklen_t)len) && len)
        buf[0] = '\0';
    return buf;
}

int addr_index(const struct net_if *nif, uint8_t family, const uint8_t *bytes)
{
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        const struct net_addr *a = &nif->addrs[i];
        if (a->family == family && memcmp(a->bytes, bytes, family == 4 ? 4 : 16) == 0)
            return (int)i;
    }
    return -1;
}

bool addr_in_prefix(const struct net_addr *a, const uint8_t *bytes)
{
    unsigned whole = a->prefix / 8, rest = a->prefix % 8;
    if (memcmp(a->bytes, bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool addr_is_broadcast4(const struct net_if *nif, const uint8_t *bytes)
{
    uint32_t addr = get32(bytes);
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        const struct net_addr *a = &nif->addrs[i];
        if (a->family == 4 && a->prefix < 31 && addr == (get32(a->bytes) | 0xffffffffu >> a->prefix))
            return true;
    }
    return addr == 0xffffffffu;
}

bool addr_is_our_group6(const struct net_if *nif, const uint8_t *bytes)
{
    if (ip6_equal(bytes, addr_all_nodes))
        return true;
    uint8_t group[16];
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        if (nif->addrs[i].family != 6)
            continue;
        addr_solicited_node(nif->addrs[i].bytes, group);
        if (ip6_equal(bytes, group))
            return true;
    }
    return false;
}

// ff02::1:ffXX:XXXX (RFC 4291 2.7.1)
void addr_solicited_node(const uint8_t *addr, uint8_t group[16])
{
    static const uint8_t base[16] = {0xff, 0x02, [11] = 1, [12] = 0xff};
    memcpy(group, base, 13);
    memcpy(group + 13, addr + 13, 3);
}

// 33:33 and the group's last four bytes (RFC 2464 7)
void addr_group_mac(const uint8_t *group, uint8_t mac[6])
{
    mac[0] = mac[1] = 0x33;
    memcpy(mac + 2, group + 12, 4);
}

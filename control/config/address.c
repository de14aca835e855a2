// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool address_parse(const char *text, struct address *a)
{
    *a = (struct address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    a->prefix = a->family == AF_INET6 ? 128 : 32;
    return inet_pton(a->family, text, a->bytes) == 1;
}

bool address_parse_prefixed(const char *text, struct address *a)
{
    char host[INET6_ADDRSTRLEN + 1];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : 0;
    if (!slash || len >= sizeof(host))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (!address_parse(host, a))
        return false;
    size_t digits = strspn(slash + 1, "0123456789");
    if (digits < 1 || digits > 3 || slash[1 + digits])
        return false;
    unsigned prefix = (unsigned)atoi(slash + 1);
    if (prefix < 1 || prefix > a->prefix)
        return false;
    a->prefix = prefix;
    return true;
}

static bool is_host4(const struct address *a)
{
    uint32_t v;
    memcpy(&v, a->bytes, sizeof(v));
    v = ntohl(v);
    uint32_t host_bits = a->prefix >= 31 ? 0 : UINT32_MAX >> a->prefix;
    if (host_bits && ((v & host_bits) == 0 || (v & host_bits) == host_bits))
        return false;
    return (v >> 24) != 0 && (v >> 24) != 127 && (v >> 28) < 14;
}

bool address_is_host(const struct address *a)
{
    static const uint8_t zero[15];
    if (a->family == AF_INET)
        return is_host4(a);
    bool unspecified_or_loopback = !memcmp(a->bytes, zero, 15) && a->bytes[15] <= 1;
    return !unspecified_or_loopback && a->bytes[0] != 0xff;
}

bool address_on_link(const struct address *a, const struct address *other)
{
    if (a->family != other->family || memcmp(a->bytes, other->bytes, a->prefix / 8))
        return false;
    unsigned rest = a->prefix % 8;
    return rest == 0 || (a->bytes[a->prefix / 8] ^ other->bytes[a->prefix / 8]) >> (8 - rest) == 0;
}

bool address_same(const struct address *a, const struct address *b)
{
    return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool address_is_link_local6(const struct address *a)
{
    return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool address_mac_valid(const char *text)
{
    static const char zero[] = "00:00:00:00:00:00";
    if (strlen(text) != sizeof(zero) - 1 || !strcmp(text, zero))
        return false;
    for (unsigned i = 0; text[i]; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    // The lowest bit of the first byte marks a group.
    return strchr("02468ace", tolower((unsigned char)text[1])) != NULL;
}

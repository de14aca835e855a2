// SPDX-License-Identifier: BSD-3-Clause
// IPv6 extension headers (RFC 8200 4): walked over, never acted on.
#include "dataplane/net/protocol.h"

#define EXTENSIONS_MAX   8u
#define NEXT_HOP_BY_HOP  0u
#define NEXT_ROUTING     43u
#define NEXT_FRAGMENT    44u
#define NEXT_NONE        59u
#define NEXT_DESTINATION 60u
#define OPTION_PAD1      0u

// All but Pad1 have a length; the two high bits of the type say "skip when unknown".
static enum counter check_options(const uint8_t *option, const uint8_t *end)
{
    while (option < end) {
        if (*option == OPTION_PAD1) {
            option++;
            continue;
        }
        if (end - option < 2 || option[1] > end - option - 2 || (*option & 0xc0))
            return CTR_ip6_bad_option;
        option += 2 + option[1];
    }
    return COUNTER_NONE;
}

// One header of length bytes at h.
static enum counter check_extension(uint8_t type, const uint8_t *h, unsigned length)
{
    if (type != NEXT_ROUTING)
        return check_options(h + 2, h + length);
    // Type 0 is forbidden (RFC 5095); others only matter while segments are left.
    return h[2] == 0 || h[3] != 0 ? CTR_ip6_routing_header : COUNTER_NONE;
}

static enum counter end_of_chain(struct net_packet *p, uint8_t next)
{
    p->proto = next;
    if (next == PROTO_UDP || next == PROTO_TCP || next == PROTO_ICMP6)
        return COUNTER_NONE;
    if (next == NEXT_FRAGMENT)
        return CTR_ip6_fragment;
    return next == NEXT_NONE ? CTR_ip6_no_next_header : CTR_ip6_unknown_header;
}

enum counter ipv6_extensions(struct net_packet *p, uint8_t next)
{
    for (unsigned n = 0;; n++) {
        if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION)
            return end_of_chain(p, next);
        const uint8_t *h = p->frame + p->l4;
        unsigned available = p->len - p->l4;
        if (n == EXTENSIONS_MAX || available < 8 || (next == NEXT_HOP_BY_HOP && n > 0))
            return CTR_ip6_bad_extension;
        unsigned length = (h[1] + 1u) * 8;
        if (length > available)
            return CTR_ip6_bad_extension;
        enum counter bad = check_extension(next, h, length);
        if (bad)
            return bad;
        next = h[0];
        p->l4 = (uint16_t)(p->l4 + length);
    }
}

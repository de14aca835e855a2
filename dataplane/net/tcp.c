// SPDX-License-Identifier: BSD-3-Clause
// TCP: only as far as telling whose connection a segment belongs to.
#include "dataplane/net/protocol.h"

#define TCP_HEADER 20u

enum counter tcp_check(struct net_packet *p)
{
    if (p->len - p->l4 < (int)TCP_HEADER)
        return CTR_tcp_short;
    p->sport = get16(p->frame + p->l4);
    p->dport = get16(p->frame + p->l4 + 2);
    return COUNTER_NONE;
}

// SPDX-License-Identifier: BSD-3-Clause
// Whose packet is this? Looks only at fixed offsets, before anything is validated; what it says is a claim
// until the request has been authenticated. Pure.
#ifndef GODWIT_DATAPLANE_TENANT_CLASSIFIER_H
#define GODWIT_DATAPLANE_TENANT_CLASSIFIER_H

#include <stdint.h>

#include "dataplane/net/net.h"

// Tenants every worker has. MISC pays for what belongs to nobody: ARP, ICMP, malformed and unknown packets.
enum { TENANT_DEFAULT = 0, TENANT_MISC = 1 };

// frame: at least len bytes; frames too short to hold a request belong to nobody.
static inline uint32_t classify(const uint8_t *frame, uint32_t len)
{
    uint32_t l3 = 14, port;

    if (len < 64)
        return TENANT_MISC;
    if (frame[12] == 0x81 && frame[13] == 0x00)
        l3 = 18;
    const uint8_t *ip = frame + l3;
    if (frame[l3 - 2] == 0x08 && frame[l3 - 1] == 0x00 && ip[9] == 17)
        port = (uint32_t)ip[22] << 8 | ip[23];
    else if (frame[l3 - 2] == 0x86 && frame[l3 - 1] == 0xdd && ip[6] == 17)
        port = (uint32_t)ip[42] << 8 | ip[43];
    else
        return TENANT_MISC;
    return port - NET_NATIVE_PORT < NET_NATIVE_PORTS ? TENANT_DEFAULT : TENANT_MISC;
}

#endif

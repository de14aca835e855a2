// SPDX-License-Identifier: BSD-3-Clause
// Finds the UDP datagram in a captured Ethernet frame. Pure. Checksums are not looked at: captures of a
// sender with checksum offload have none.
#ifndef GODWIT_CLIENT_PCAP_UDP_H
#define GODWIT_CLIENT_PCAP_UDP_H

#include <stdint.h>

enum udp_verdict {
    UDP_FOUND = 0,
    UDP_NONE,       // another protocol
    UDP_CUT_SHORT,  // the headers or the datagram go on behind the captured bytes
    UDP_FRAGMENT,   // part of an IP fragment
    UDP_BAD_HEADER, // lengths of Ethernet, IP or UDP contradict each other
    UDP_VERDICTS
};

struct udp_datagram {
    uint8_t family;                      // 4 or 6
    const uint8_t *source, *destination; // addresses, in the frame
    uint16_t source_port, destination_port;
    const uint8_t *payload;
    uint32_t len;
};

// frame: captured bytes of a frame, from its MAC header; up to two VLAN tags are stepped over.
enum udp_verdict udp_find(const uint8_t *frame, uint32_t captured, struct udp_datagram *out);

#endif

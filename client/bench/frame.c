// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/frame.h"

#include <string.h>

#define IP_LEN       20u
#define UDP_LEN      8u
#define PROTOCOL_UDP 17u

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

uint64_t frame_sum(uint64_t sum, const uint8_t *data, uint32_t length)
{
    uint32_t word = 0;

    for (; length >= 4; length -= 4, data += 4) {
        memcpy(&word, data, 4);
        sum += word;
    }
    word = 0;
    memcpy(&word, data, length);
    return sum + word;
}

uint16_t frame_checksum(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffffu);
    sum = (sum >> 32) + (sum & 0xffffffffu);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    uint16_t folded = (uint16_t)~sum;
    return folded ? folded : 0xffff;
}

static void ip_header(uint8_t *ip, const struct frame_addresses *a, uint32_t length)
{
    memset(ip, 0, IP_LEN);
    ip[0] = 0x45;
    put16(ip + 2, IP_LEN + UDP_LEN + length);
    ip[6] = 0x40; // do not fragment
    ip[8] = 64;
    ip[9] = PROTOCOL_UDP;
    memcpy(ip + 12, &a->source_ip, 4);
    memcpy(ip + 16, &a->destination_ip, 4);
    uint16_t sum = frame_checksum(frame_sum(0, ip, IP_LEN));
    memcpy(ip + 10, &sum, 2);
}

void frame_headers(uint8_t *frame, const struct frame_addresses *a, uint16_t destination_port,
                   uint32_t length)
{
    uint8_t *ip = frame + 14, *udp = ip + IP_LEN;
    uint8_t pseudo[4] = {0, PROTOCOL_UDP};

    memcpy(frame, a->destination_mac, 6);
    memcpy(frame + 6, a->source_mac, 6);
    put16(frame + 12, 0x0800);
    ip_header(ip, a, length);
    put16(udp, a->source_port);
    put16(udp + 2, destination_port);
    put16(udp + 4, UDP_LEN + length);
    put16(udp + 6, 0);
    put16(pseudo + 2, UDP_LEN + length);
    uint64_t sum = frame_sum(frame_sum(0, pseudo, 4), ip + 12, 8);
    uint16_t checksum = frame_checksum(frame_sum(sum, udp, UDP_LEN + length));
    memcpy(udp + 6, &checksum, 2);
}

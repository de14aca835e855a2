// SPDX-License-Identifier: BSD-3-Clause
// Sends UDP frames over a packet socket of a kernel interface to an echo (port_echo) and counts those that
// come back unharmed, swapped. Closed loop with a window; a lost frame is given up after 200 ms.
//   frame_ping INTERFACE COUNT [SECONDS]      exit status 0: all came back
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW     32u
#define FRAME_LEN  128u
#define SEQ_AT     42u // behind Ethernet, IPv4 and UDP headers
#define TIMEOUT_MS 200

static const uint8_t peer_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t own_mac[6] = {0x02, 0x67, 0x77, 0, 0, 1};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint16_t ipv4_checksum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < 20; i += 2)
        sum += (uint32_t)(header[i] << 8 | header[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

// UDP checksum 0 (none): nothing behind the headers matters but the number.
static void build(uint8_t f[FRAME_LEN], uint32_t seq)
{
    static const uint8_t ip[20] = {0x45, 0, 0, FRAME_LEN - 14, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198,
                                   18,   0, 2};
    static const uint8_t udp[8] = {0x30, 0x39, 0x50, 0, 0, FRAME_LEN - 34, 0, 0};
    memset(f, 0, FRAME_LEN);
    memcpy(f, peer_mac, 6);
    memcpy(f + 6, own_mac, 6);
    f[12] = 0x08;
    memcpy(f + 14, ip, sizeof(ip));
    memcpy(f + 34, udp, sizeof(udp));
    uint16_t sum = ipv4_checksum(f + 14);
    f[24] = (uint8_t)(sum >> 8);
    f[25] = (uint8_t)sum;
    f[35 + 1] = (uint8_t)(0x50);
    f[37] = (uint8_t)(seq % 128);
    memcpy(f + SEQ_AT, &seq, sizeof(seq));
}

static int open_socket(const char *interface)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    at.sll_ifindex = (int)if_nametoindex(interface);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    struct packet_mreq promiscuous = {.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) < 0) {
        fprintf(stderr, "frame_ping: %s: %s\n", interface, strerror(errno));
        return -1;
    }
    return fd;
}

// A swapped frame of ours: its addresses and ports are the other way round.
static int is_answer(const uint8_t *f, ssize_t n)
{
    uint8_t sent[FRAME_LEN];
    uint32_t seq;
    if (n != FRAME_LEN || memcmp(f, own_mac, 6))
        return 0;
    memcpy(&seq, f + SEQ_AT, sizeof(seq));
    build(sent, seq);
    return !memcmp(f + 6, sent, 6) && !memcmp(f + 26, sent + 30, 4) && !memcmp(f + 34, sent + 36, 2) &&
           !memcmp(f + SEQ_AT, sent + SEQ_AT, FRAME_LEN - SEQ_AT);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: frame_ping INTERFACE COUNT [SECONDS]\n");
        return 2;
    }
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10), sent = 0, back = 0, lost = 0;
    uint64_t end = now_ms() + 1000 * strtoul(argc > 3 ? argv[3] : "10", NULL, 10);
    int fd = open_socket(argv[1]);
    if (fd < 0)
        return 1;
    while (back < count && now_ms() < end) {
        uint8_t frame[2048];
        for (; sent - back - lost < WINDOW && sent - lost < count; sent++) {
            build(frame, sent);
            if (send(fd, frame, FRAME_LEN, 0) < 0)
                break;
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, TIMEOUT_MS) == 0)
            lost = sent - back;
        ssize_t n;
        while ((n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0)
            back += (uint32_t)is_answer(frame, n);
    }
    printf("sent %u, back %u\n", sent, back);
    close(fd);
    return back < count;
}

// SPDX-License-Identifier: BSD-3-Clause
// Puts random frames on a wire through a packet socket: half are noise from the first byte, half are valid
// frames for the appliance (ARP, ND, ICMP, ICMPv6, UDP to the native port, TCP) with a few bytes changed or
// cut short. The seed makes a run repeatable. Prints how many frames were sent; a frame the kernel refuses is
// tried again, so the number asked for is the number on the wire.
//
//   inject DEVICE DESTINATION-MAC SEED COUNT [FRAMES-PER-SECOND]
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MIN 14u
#define FRAME_MAX 1514u

struct random {
    uint64_t state;
};

// splitmix64 (Steele, Lea, Flood 2014).
static uint64_t random_next(struct random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)(random_next(r) % n);
}

static void random_fill(struct random *r, uint8_t *p, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        p[i] = (uint8_t)random_next(r);
}

// The demo's addresses: 198.18.0.1 and .2, 2001:db8:18::1 and ::2.
static const uint8_t client4[4] = {198, 18, 0, 1}, server4[4] = {198, 18, 0, 2};
static const uint8_t client6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x18, [15] = 1};
static const uint8_t server6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x18, [15] = 2};

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t sum(const uint8_t *p, uint32_t len, uint32_t acc)
{
    for (uint32_t i = 0; i + 1 < len; i += 2)
        acc += (uint32_t)p[i] << 8 | p[i + 1];
    return len & 1 ? acc + ((uint32_t)p[len - 1] << 8) : acc;
}

static uint16_t fold(uint32_t acc)
{
    while (acc >> 16)
        acc = (acc & 0xffff) + (acc >> 16);
    return (uint16_t)~acc;
}

// Checksum of the segment at l4 with the pseudo header of the addresses, put at offset `at` of the segment.
static void seal(uint8_t *l4, uint32_t len, uint32_t at, const uint8_t *addresses, uint32_t addresses_len,
                 uint8_t proto)
{
    put16(l4 + at, 0);
    uint32_t acc = addresses_len ? sum(addresses, addresses_len, proto + len) : 0;
    put16(l4 + at, fold(sum(l4, len, acc)));
}

static uint32_t build_arp(struct random *r, uint8_t *f)
{
    static const uint8_t fixed[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    put16(f + 12, ETH_P_ARP);
    memcpy(f + 14, fixed, sizeof(fixed));
    f[21] = (uint8_t)(1 + random_below(r, 2));
    memcpy(f + 22, f + 6, 6);
    memcpy(f + 28, client4, 4);
    memset(f + 32, 0, 6);
    memcpy(f + 38, server4, 4);
    return 42;
}

// Layer-4 segments: write at p, return the length; *at is where the checksum stands.
static uint32_t build_udp(struct random *r, uint8_t *p, uint32_t *at)
{
    uint32_t body = random_below(r, 200);
    put16(p, 1024 + random_below(r, 60000));
    put16(p + 2, random_below(r, 8) ? 20480 + random_below(r, 128) : random_below(r, 65536));
    put16(p + 4, 8 + body);
    random_fill(r, p + 8, body);
    if (body >= 2) {
        p[8] = 1; // native protocol: version, request
        p[9] = 1;
    }
    *at = 6;
    return 8 + body;
}

static uint32_t build_tcp(struct random *r, uint8_t *p, uint32_t *at)
{
    random_fill(r, p, 20);
    put16(p + 2, 6379);
    p[12] = 0x50;
    *at = 16;
    return 20;
}

static uint32_t build_echo(struct random *r, uint8_t *p, uint32_t *at, bool v6)
{
    uint32_t body = random_below(r, 100);
    p[0] = v6 ? 128 : 8;
    p[1] = 0;
    random_fill(r, p + 4, 4 + body);
    *at = 2;
    return 8 + body;
}

static uint32_t build_solicitation(uint8_t *p, uint32_t *at, const uint8_t *mac)
{
    memset(p, 0, 32);
    p[0] = 135;
    memcpy(p + 8, server6, 16);
    p[24] = 1;
    p[25] = 1;
    memcpy(p + 26, mac, 6);
    *at = 2;
    return 32;
}

static uint32_t build_ip4(struct random *r, uint8_t *f)
{
    static const uint8_t protos[3] = {1, 6, 17};
    uint8_t *ip = f + 14, *l4 = ip + 20;
    uint32_t at, len;
    put16(f + 12, ETH_P_IP);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    ip[8] = 64;
    ip[9] = protos[random_below(r, 3)];
    memcpy(ip + 12, client4, 4);
    memcpy(ip + 16, server4, 4);
    len = ip[9] == 17  ? build_udp(r, l4, &at)
          : ip[9] == 6 ? build_tcp(r, l4, &at)
                       : build_echo(r, l4, &at, false);
    put16(ip + 2, 20 + len);
    put16(ip + 10, fold(sum(ip, 20, 0)));
    seal(l4, len, at, ip + 12, ip[9] == 1 ? 0 : 8, ip[9]);
    return 34 + len;
}

static uint32_t build_ip6(struct random *r, uint8_t *f)
{
    static const uint8_t protos[4] = {58, 6, 17, 58};
    uint8_t *ip = f + 14, *l4 = ip + 40;
    uint32_t at, len, which = random_below(r, 4);
    put16(f + 12, ETH_P_IPV6);
    memset(ip, 0, 40);
    ip[0] = 0x60;
    ip[6] = protos[which];
    ip[7] = which == 3 ? 255 : 64;
    memcpy(ip + 8, client6, 16);
    memcpy(ip + 24, server6, 16);
    len = which == 0   ? build_echo(r, l4, &at, true)
          : which == 1 ? build_tcp(r, l4, &at)
          : which == 2 ? build_udp(r, l4, &at)
                       : build_solicitation(l4, &at, f + 6);
    put16(ip + 4, len);
    seal(l4, len, at, ip + 8, 32, ip[6]);
    return 54 + len;
}

// A valid frame, then up to three bytes changed behind the addresses, sometimes the end cut off.
static uint32_t build_mutated(struct random *r, uint8_t *f)
{
    uint32_t kind = random_below(r, 5);
    uint32_t len = kind == 0 ? build_arp(r, f) : kind < 3 ? build_ip4(r, f) : build_ip6(r, f);
    for (uint32_t n = random_below(r, 4); n > 0; n--)
        f[12 + random_below(r, len - 12)] = (uint8_t)random_next(r);
    if (random_below(r, 8) == 0)
        len = FRAME_MIN + random_below(r, len - FRAME_MIN + 1);
    return len;
}

static uint32_t build_noise(struct random *r, uint8_t *f, const uint8_t *mac)
{
    uint32_t len = FRAME_MIN + random_below(r, FRAME_MAX - FRAME_MIN + 1);
    random_fill(r, f, len);
    if (random_below(r, 2))
        memcpy(f, mac, 6);
    return len;
}

static uint32_t build(struct random *r, uint8_t *f, const uint8_t *mac)
{
    static const uint8_t source[6] = {0x02, 0x67, 0x77, 0xff, 0xff, 0x01};
    if (random_below(r, 2))
        return build_noise(r, f, mac);
    memcpy(f, mac, 6);
    memcpy(f + 6, source, 6);
    return build_mutated(r, f);
}

static int open_wire(const char *device)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (to.sll_ifindex == 0 || fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        fprintf(stderr, "inject: %s: %s\n", device, strerror(errno));
        exit(1);
    }
    return fd;
}

static void pace(const struct timespec *start, uint64_t sent, double rate)
{
    struct timespec due = *start;
    uint64_t ns = (uint64_t)((double)sent / rate * 1e9);
    due.tv_sec += (time_t)(ns / 1000000000u);
    due.tv_nsec += (long)(ns % 1000000000u);
    if (due.tv_nsec >= 1000000000) {
        due.tv_sec++;
        due.tv_nsec -= 1000000000;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static bool send_frame(int fd, const uint8_t *f, uint32_t len)
{
    for (int tries = 0; tries < 100000; tries++) {
        if (send(fd, f, len, 0) == (ssize_t)len)
            return true;
        if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            break;
        usleep(100);
    }
    fprintf(stderr, "inject: sending %u bytes: %s\n", len, strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    uint8_t mac[6], frame[FRAME_MAX];
    if (argc < 5 || argc > 6 ||
        sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) !=
            6) {
        fprintf(stderr, "usage: %s DEVICE DESTINATION-MAC SEED COUNT [FRAMES-PER-SECOND]\n", argv[0]);
        return 2;
    }
    struct random r = {strtoull(argv[3], NULL, 0)};
    uint64_t count = strtoull(argv[4], NULL, 0), sent = 0;
    double rate = argc == 6 ? atof(argv[5]) : 0;
    int fd = open_wire(argv[1]);
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (; sent < count; sent++) {
        if (rate > 0 && sent % 32 == 0)
            pace(&start, sent, rate);
        if (!send_frame(fd, frame, build(&r, frame, mac)))
            break;
    }
    close(fd);
    printf("%llu\n", (unsigned long long)sent);
    return sent == count ? 0 : 1;
}

// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"

#define SOCKET_BUFFER (4 << 20) // asked for; the kernel grants net.core.[rw]mem_max at most

static int resolve(struct godwit *g, const char *address)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM}, *found;
    int error = getaddrinfo(address, NULL, &hints, &found);

    if (error != 0) {
        client_fail(g, GODWIT_INVALID, "address \"%s\": %s", address,
                    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return -1;
    }
    memcpy(&g->server, found->ai_addr, found->ai_addrlen);
    g->server_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int client_socket_open(struct godwit *g, const char *address)
{
    int size = SOCKET_BUFFER;

    if (resolve(g, address) < 0)
        return -1;
    g->fd = socket(g->server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (g->fd < 0) {
        client_fail(g, GODWIT_SYSTEM, "socket: %s", strerror(errno));
        return -1;
    }
    // A smaller buffer loses bursts, which are then retransmitted: slower, not wrong.
    setsockopt(g->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(g->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return 0;
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

// Not connected: the 128 ports of the server are 128 destinations of one socket.
static unsigned gather(struct godwit *g, struct mmsghdr *messages, struct iovec *parts,
                       struct sockaddr_storage *addresses)
{
    struct engine_datagram d;
    unsigned n = 0;
    uint64_t now = client_now();

    while (n < CLIENT_BURST &&
           engine_transmit(g->engine, now, g->send_buffer + (size_t)n * g->datagram_max, &d)) {
        addresses[n] = g->server;
        set_port(&addresses[n], d.port);
        parts[n] = (struct iovec){.iov_base = (void *)d.data, .iov_len = d.length};
        messages[n].msg_hdr = (struct msghdr){
            .msg_name = &addresses[n], .msg_namelen = g->server_len, .msg_iov = &parts[n], .msg_iovlen = 1};
        n++;
    }
    return n;
}

// Conditions that pass: the datagram counts as lost and the engine sends it again.
static bool passing(int error)
{
    return error == EAGAIN || error == ENOBUFS || error == ECONNREFUSED || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == EHOSTDOWN || error == EINTR;
}

static enum godwit_status send_all(struct godwit *g)
{
    struct mmsghdr messages[CLIENT_BURST];
    struct iovec parts[CLIENT_BURST];
    struct sockaddr_storage addresses[CLIENT_BURST];
    unsigned n;

    while ((n = gather(g, messages, parts, addresses)) > 0) {
        unsigned done = 0;
        while (done < n) {
            int sent = sendmmsg(g->fd, messages + done, n - done, 0);
            if (sent < 0 && errno == EMSGSIZE)
                return client_fail(g, GODWIT_SYSTEM,
                                   "sending %zu bytes: larger than this path's MTU; open with a smaller "
                                   "datagram_max or use TCP 6379",
                                   parts[done].iov_len);
            if (sent < 0 && !passing(errno))
                return client_fail(g, GODWIT_SYSTEM, "sendmmsg: %s", strerror(errno));
            done += sent > 0 ? (unsigned)sent : 1;
        }
    }
    return GODWIT_OK;
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr,
                  sizeof(struct in6_addr)) == 0;
}

static enum godwit_status receive_all(struct godwit *g,
                                      void (*take)(struct godwit *g, const uint8_t *data, uint32_t length))
{
    struct mmsghdr messages[CLIENT_BURST];
    struct iovec parts[CLIENT_BURST];
    struct sockaddr_storage from[CLIENT_BURST];
    int n;

    do {
        for (unsigned i = 0; i < CLIENT_BURST; i++) {
            parts[i] = (struct iovec){.iov_base = g->receive_buffer + (size_t)i * g->receive_max,
                                      .iov_len = g->receive_max};
            messages[i].msg_hdr = (struct msghdr){
                .msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        n = recvmmsg(g->fd, messages, CLIENT_BURST, MSG_DONTWAIT, NULL);
        if (n < 0 && !passing(errno))
            return client_fail(g, GODWIT_SYSTEM, "recvmmsg: %s", strerror(errno));
        for (int i = 0; i < n; i++)
            if (same_host(&from[i], &g->server) && !(messages[i].msg_hdr.msg_flags & MSG_TRUNC))
                take(g, parts[i].iov_base, messages[i].msg_len);
    } while (n == (int)CLIENT_BURST);
    return GODWIT_OK;
}

const struct client_transport client_socket_transport = {.send = send_all, .receive = receive_all};

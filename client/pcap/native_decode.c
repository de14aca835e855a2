// SPDX-License-Identifier: BSD-3-Clause
// The verb native-decode.
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pcap/native_json.h"
#include "client/pcap/udp.h"
#include "client/pcap/verb.h"

#define NATIVE_PORT  20480u
#define NATIVE_PORTS 128u

// Why a frame or datagram is not printed; the first ones are the verdicts of udp_find.
enum reason { SHORT_HEADER = UDP_VERDICTS, NEITHER, BAD_VERSION, BAD_REQUEST, BAD_REPLY, REASONS };

static const char *const reason_texts[REASONS] = {
    [UDP_CUT_SHORT] = "frame not captured whole",
    [UDP_FRAGMENT] = "IP fragment",
    [UDP_BAD_HEADER] = "IP or UDP header with impossible lengths",
    [SHORT_HEADER] = "shorter than a native header",
    [NEITHER] = "neither request nor reply",
    [BAD_VERSION] = "another protocol version",
    [BAD_REQUEST] = "malformed request",
    [BAD_REPLY] = "malformed reply",
};

struct count {
    uint64_t frames, requests, replies, skipped;
    uint64_t malformed[REASONS];
};

static bool is_native(uint16_t port)
{
    return (uint32_t)port - NATIVE_PORT < NATIVE_PORTS;
}

static json_t *endpoint(const struct udp_datagram *d, const uint8_t *address, uint16_t port)
{
    char host[INET6_ADDRSTRLEN];

    inet_ntop(d->family == 4 ? AF_INET : AF_INET6, address, host, sizeof(host));
    return json_sprintf(d->family == 4 ? "%s:%u" : "[%s]:%u", host, (unsigned)port);
}

// Decodes into object. UDP_FOUND, or why not.
static unsigned decode(const struct udp_datagram *d, json_t *object, struct count *count)
{
    struct native_request req;
    struct native_reply rep;
    enum native_status status;

    if (d->len < NATIVE_HEADER_LEN)
        return SHORT_HEADER;
    if (d->payload[1] != NATIVE_REQUEST && d->payload[1] != NATIVE_REPLY)
        return NEITHER;
    if (d->payload[0] != NATIVE_VERSION)
        return BAD_VERSION;
    if (d->payload[1] == NATIVE_REPLY) {
        if (!native_decode_reply(d->payload, d->len, &rep))
            return BAD_REPLY;
        native_json_reply(object, &rep);
        count->replies++;
        return UDP_FOUND;
    }
    if (native_decode_request(d->payload, d->len, &req, &status) != NATIVE_ACCEPT)
        return BAD_REQUEST;
    native_json_request(object, &req);
    count->requests++;
    return UDP_FOUND;
}

static void handle(const struct pcap_pkthdr *head, const uint8_t *frame, struct count *count)
{
    struct udp_datagram d;
    unsigned verdict = udp_find(frame, head->caplen, &d);

    count->frames++;
    if (verdict == UDP_NONE ||
        (verdict == UDP_FOUND && !is_native(d.source_port) && !is_native(d.destination_port))) {
        count->skipped++;
        return;
    }
    json_t *object = json_object();
    if (verdict == UDP_FOUND) {
        // opened with nanosecond precision: tv_usec holds them
        json_object_set_new(object, "time_ns",
                            json_integer(head->ts.tv_sec * 1000000000ll + head->ts.tv_usec));
        json_object_set_new(object, "from", endpoint(&d, d.source, d.source_port));
        json_object_set_new(object, "to", endpoint(&d, d.destination, d.destination_port));
        verdict = decode(&d, object, count);
    }
    if (verdict == UDP_FOUND) {
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        count->malformed[verdict]++;
    }
    json_decref(object);
}

static void report(const struct count *count)
{
    fprintf(stderr,
            "%" PRIu64 " frames: %" PRIu64 " requests, %" PRIu64 " replies, %" PRIu64 " of other protocols\n",
            count->frames, count->requests, count->replies, count->skipped);
    for (unsigned i = 0; i < REASONS; i++)
        if (count->malformed[i])
            fprintf(stderr, "%" PRIu64 " %s\n", count->malformed[i], reason_texts[i]);
}

// False when the file ends in the middle of a record.
static bool read_all(pcap_t *in, const char *name, struct count *count)
{
    struct pcap_pkthdr *head;
    const uint8_t *frame;
    int got;

    while ((got = pcap_next_ex(in, &head, &frame)) == 1)
        handle(head, frame, count);
    if (got == PCAP_ERROR_BREAK)
        return true;
    fprintf(stderr, "godwit-pcap: %s: %s\n", name, pcap_geterr(in));
    return false;
}

static pcap_t *open_ethernet(const char *name)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *in = pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO, error);

    if (!in) {
        fprintf(stderr, "godwit-pcap: %s\n", error);
        return NULL;
    }
    if (pcap_datalink(in) != DLT_EN10MB) {
        const char *type = pcap_datalink_val_to_name(pcap_datalink(in));
        fprintf(stderr, "godwit-pcap: %s: link type %s, but Ethernet is needed\n", name,
                type ? type : "unknown");
        pcap_close(in);
        return NULL;
    }
    return in;
}

int native_decode(const struct verb *v, int argc, char **argv)
{
    struct count count = {0};
    int status;

    if (!verb_files(v, argc, argv, 1, &status))
        return status;
    pcap_t *in = open_ethernet(argv[optind]);
    if (!in)
        return EXIT_FILE;
    bool good = read_all(in, argv[optind], &count);
    pcap_close(in);
    report(&count);
    if (fflush(stdout) != 0) {
        perror("godwit-pcap: standard output");
        good = false;
    }
    return good ? EXIT_DONE : EXIT_FILE;
}

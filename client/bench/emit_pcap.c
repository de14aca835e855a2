// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/emit_pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/bench/template.h"
#include "client/bench/workload.h"

#define SESSION 0x676f64776974ull

struct pcap_file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snap_length, link_type;
};

struct pcap_packet_header {
    uint32_t seconds, microseconds, captured, length;
};

static bool take_addresses(const struct bench_options *o, struct frame_addresses *a)
{
    *a = (struct frame_addresses){
        .source_mac = {2, 0, 0, 0, 0, 1}, .destination_mac = {2, 0, 0, 0, 0, 2}, .source_port = 40960};
    if (inet_pton(AF_INET, o->to ? o->to : "198.18.0.2", &a->destination_ip) == 1 &&
        inet_pton(AF_INET, o->local_ip ? o->local_ip : "198.18.0.1", &a->source_ip) == 1)
        return true;
    fprintf(stderr, "godwit-bench: --emit-pcap takes IPv4 addresses for --to and --local-ip\n");
    return false;
}

static void write_packets(FILE *f, const struct bench_options *o, const struct template *get,
                          const struct template *set)
{
    struct workload workload;
    struct workload_step step;
    uint8_t frame[TEMPLATE_MAX];

    workload_init(&workload, o);
    for (uint64_t i = 0; i < o->count; i++) {
        workload_next(&workload, &step);
        const struct template *t = step.kind == MIX_UPDATE || step.kind == MIX_INSERT ? set : get;
        uint32_t id = (uint32_t)i + 1;
        struct template_request r = {
            .session = SESSION, .request_id = id, .first_unacked = id, .record = step.record};
        struct pcap_packet_header header = {(uint32_t)(i / 1000000), (uint32_t)(i % 1000000), t->length,
                                            t->length};
        template_fill(t, &r, frame);
        fwrite(&header, sizeof(header), 1, f);
        fwrite(frame, t->length, 1, f);
    }
}

int emit_pcap(const struct bench_options *o)
{
    const struct pcap_file_header header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};
    static struct template get, set;
    struct frame_addresses a;

    if (!take_addresses(o, &a))
        return BENCH_EXIT_USAGE;
    if (o->mix.percent[MIX_SCAN] || !template_init(&get, &a, o, false) || !template_init(&set, &a, o, true)) {
        fprintf(stderr,
                "godwit-bench: --emit-pcap takes mixes without scans, even key sizes, and records that "
                "fit 1500 bytes\n");
        return BENCH_EXIT_USAGE;
    }
    FILE *f = fopen(o->emit_pcap, "wb");
    if (!f) {
        fprintf(stderr, "godwit-bench: %s: %s\n", o->emit_pcap, strerror(errno));
        return BENCH_EXIT_FAILED;
    }
    fwrite(&header, sizeof(header), 1, f);
    write_packets(f, o, &get, &set);
    bool good = !ferror(f);
    if (fclose(f) != 0 || !good) {
        fprintf(stderr, "godwit-bench: %s: %s\n", o->emit_pcap, strerror(errno));
        return BENCH_EXIT_FAILED;
    }
    return 0;
}

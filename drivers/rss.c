// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/rss.h"

#include <rte_ethdev.h>
#include <string.h>

#include "drivers/driver.h"

// Last bit of the destination port in the hash input, counted from the first bit of the source address.
#define PORT_BIT_IPV4 95u
#define PORT_BIT_IPV6 287u

#define RSS_UDP       (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)

static unsigned log2_of(unsigned size)
{
    unsigned bits = 0;
    while (size >> (bits + 1))
        bits++;
    return bits;
}

static unsigned reversed(unsigned value, unsigned bits)
{
    unsigned out = 0;
    for (unsigned b = 0; b < bits; b++)
        out |= ((value >> b) & 1) << (bits - 1 - b);
    return out;
}

void rss_port_key(uint8_t *key, unsigned key_len, unsigned reta_size, bool ipv6)
{
    unsigned bit = (ipv6 ? PORT_BIT_IPV6 : PORT_BIT_IPV4) + 31 - (log2_of(reta_size) - 1);
    memset(key, 0, key_len);
    if (bit / 8 < key_len)
        key[bit / 8] = (uint8_t)(0x80 >> bit % 8);
}

unsigned rss_entry_of_port(uint16_t dport, unsigned reta_size)
{
    return reversed(dport & (reta_size - 1), log2_of(reta_size));
}

bool rss_fill(uint16_t *queues, unsigned reta_size, const uint8_t group_owner[NET_NATIVE_PORTS])
{
    unsigned bits = log2_of(reta_size);
    for (unsigned entry = 0; entry < reta_size; entry++)
        queues[entry] = group_owner[reversed(entry, bits) % NET_NATIVE_PORTS];
    for (unsigned g = 0; g < NET_NATIVE_PORTS; g++)
        if (queues[rss_entry_of_port((uint16_t)(NET_NATIVE_PORT + g), reta_size)] != group_owner[g])
            return false;
    return true;
}

static bool has_family(const struct port *p, unsigned family)
{
    for (unsigned i = 0; i < p->nif.n_addrs; i++)
        if (p->nif.addrs[i].family == family)
            return true;
    return false;
}

static const char *table_refused(const struct rte_eth_dev_info *info)
{
    if (!(info->flow_type_rss_offloads & RSS_UDP))
        return "the device does not hash UDP ports";
    if (info->hash_key_size < RSS_KEY_MIN || info->hash_key_size > PORT_RSS_KEY_MAX)
        return "the device takes no RSS key";
    if (info->reta_size < 2 || info->reta_size > RSS_RETA_MAX || (info->reta_size & (info->reta_size - 1)))
        return "the device has no usable indirection table";
    return NULL;
}

void rss_configure(struct port *p, const struct rte_eth_dev_info *info, unsigned n, struct rte_eth_conf *conf)
{
    struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
    const char *why = table_refused(info);
    rss->rss_hf = (RSS_UDP | RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP) & info->flow_type_rss_offloads;
    if (n < 2 || !rss->rss_hf) {
        rss->rss_hf = 0;
        port_fact(p, "steering in software: %s", n < 2 ? "one queue" : "the device has no RSS");
        return;
    }
    conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    if (why) {
        port_fact(p, "RSS with the device's own key, steering in software: %s", why);
        return;
    }
    bool ipv6 = !has_family(p, 4) && has_family(p, 6);
    rss_port_key(p->rss_key, info->hash_key_size, info->reta_size, ipv6);
    rss->rss_hf = RSS_UDP & info->flow_type_rss_offloads;
    rss->rss_key = p->rss_key;
    rss->rss_key_len = info->hash_key_size;
    port_fact(p, "RSS key for the destination port of %s", ipv6 ? "IPv6" : "IPv4 (IPv6 in software)");
}

static int write_table(uint16_t ethdev, const uint16_t *queues, unsigned size)
{
    struct rte_eth_rss_reta_entry64 entries[RSS_RETA_MAX / RTE_ETH_RETA_GROUP_SIZE + 1];
    memset(entries, 0, sizeof(entries));
    for (unsigned i = 0; i < size; i++) {
        entries[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
        entries[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = queues[i];
    }
    return rte_eth_dev_rss_reta_update(ethdev, entries, (uint16_t)size);
}

// Some devices accept a key and keep their own.
static bool key_is_ours(uint16_t ethdev, const struct rte_eth_dev_info *info, bool ipv6)
{
    uint8_t want[PORT_RSS_KEY_MAX], have[PORT_RSS_KEY_MAX] = {0};
    struct rte_eth_rss_conf rss = {.rss_key = have, .rss_key_len = info->hash_key_size};
    rss_port_key(want, info->hash_key_size, info->reta_size, ipv6);
    return rte_eth_dev_rss_hash_conf_get(ethdev, &rss) == 0 && !memcmp(want, have, info->hash_key_size);
}

void rss_steer(struct port *p, uint16_t ethdev, unsigned n, const uint8_t group_owner[NET_NATIVE_PORTS])
{
    struct rte_eth_dev_info info;
    uint16_t queues[RSS_RETA_MAX];
    p->steering = false;
    if (n < 2 || rte_eth_dev_info_get(ethdev, &info) < 0 || table_refused(&info))
        return;
    bool ipv6 = !has_family(p, 4) && has_family(p, 6);
    if (!key_is_ours(ethdev, &info, ipv6)) {
        port_fact(p, "steering in software: the device keeps its own RSS key");
        return;
    }
    bool exact = rss_fill(queues, info.reta_size, group_owner);
    int rc = write_table(ethdev, queues, info.reta_size);
    if (rc < 0)
        port_fact(p, "steering in software: the device refuses the indirection table (%s)",
                  rte_strerror(-rc));
    else if (!exact)
        port_fact(p, "steering partly in software: %u table entries for %u port groups", info.reta_size,
                  NET_NATIVE_PORTS);
    p->steering = rc == 0 && exact;
}

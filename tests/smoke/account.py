#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Balances two readings of the counters: every frame on the wire must have ended in exactly one of them.

    account.py BEFORE AFTER SENT

A reading is `godwitctl stats --json` and, as "device", what the kernel counted on the appliance's end of the
wire. A frame ends in a drop (port_rx_lost when no worker ever saw it), in an error answer, or in one of the
counters below. At least SENT must have arrived: the kernel's own neighbour discovery adds a few.
"""
import json
import sys

# Where a packet that was neither dropped nor refused ends.
ENDS = {"arp_replies", "arp_updates", "arp_ignored", "nd_replies", "nd_updates", "nd_ignored", "mld_queries",
        "address_conflicts", "icmp_redirects_ignored", "icmp_errors_received", "icmp_echo_replies",
        "icmp6_routers_ignored", "icmp6_errors_received", "icmp6_echo_replies", "unreachables_sent",
        "native_requests", "udp_echoed"}
# Drops of what the appliance sends, not of what it received.
SENDING = {"tx_ring_full"}


def reading(path):
    """(counters by name, the device's packets)"""
    with open(path, encoding="utf-8") as f:
        whole = json.load(f)
    return {c["name"]: c for c in whole["counters"]}, whole["device"]["packets"]


def main():
    before, packets_before = reading(sys.argv[1])
    after, packets = reading(sys.argv[2])
    grown = {name: c["total"] - before[name]["total"] for name, c in after.items()}
    ended = 0
    for name, n in sorted(grown.items(), key=lambda item: -item[1]):
        kind = after[name]["kind"]
        counts = name in ENDS or (kind != "count" and name not in SENDING)
        ended += n if counts else 0
        if n:
            print(f"{n:9} {kind:5} {'' if counts else '(not an end) '}{name}")
    arrived, sent = packets - packets_before, int(sys.argv[3])
    received, lost = grown["rx_packets"], grown["port_rx_lost"]
    print(f"sent {sent}, on the wire {arrived}, lost by the port {lost}, received {received}, ended {ended}")
    sys.exit(0 if arrived >= sent and arrived == received + lost == ended else 1)


if __name__ == "__main__":
    main()

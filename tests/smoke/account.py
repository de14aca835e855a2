#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Balances the counters between two `godwitctl stats --json`: packets received = packets that ended somewhere.

    account.py BEFORE AFTER SENT

A packet ends in a drop, in an error answer, or in one of the counters below. At least SENT must have arrived
(the kernel's own neighbour discovery adds a few).
"""
import json
import sys

# Where a packet that was neither dropped nor refused ends.
ENDS = {"arp_replies", "arp_updates", "arp_ignored", "nd_replies", "nd_updates", "nd_ignored", "mld_queries",
        "address_conflicts", "icmp_redirects_ignored", "icmp_errors_received", "icmp_echo_replies",
        "icmp6_routers_ignored", "icmp6_errors_received", "icmp6_echo_replies", "unreachables_sent",
        "native_requests", "echo_replies"}
# Drops of what the appliance sends, not of what it received.
SENDING = {"tx_ring_full"}


def totals(path):
    with open(path, encoding="utf-8") as f:
        return {c["name"]: c for c in json.load(f)["counters"]}


def main():
    before, after = totals(sys.argv[1]), totals(sys.argv[2])
    grown = {name: c["total"] - before[name]["total"] for name, c in after.items()}
    ended = 0
    for name, n in sorted(grown.items(), key=lambda item: -item[1]):
        kind = after[name]["kind"]
        counts = name in ENDS or (kind != "count" and name not in SENDING)
        ended += n if counts else 0
        if n:
            print(f"{n:9} {kind:5} {'' if counts else '(not an end) '}{name}")
    received, sent = grown["rx_packets"], int(sys.argv[3])
    print(f"sent {sent}, received {received}, ended {ended}")
    sys.exit(0 if received >= sent and ended == received else 1)


if __name__ == "__main__":
    main()

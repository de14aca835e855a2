#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Unloaded round trip over AF_XDP on a veth, one request in flight, the client the kernel's UDP stack.

Beside it an ICMP echo answered by testpmd on the same wire (what the wire costs), and by the appliance.
"""
import argparse
import tempfile

import measure as m

ARMS = ("testpmd icmp", "godwit icmp", "godwit get", "godwit set")


def static_neighbour(veth):
    """No ARP in the measurement."""
    veth.shell("ip -n $1 neigh replace 198.18.0.2 dev gw0 "
               "lladdr $(ip -n $2 -j link show gw1 | jq -r '.[0].address')")


def ping_quantiles(veth, core, count):
    m.ping(veth, core, "198.18.0.2", 300)
    times = m.ping(veth, core, "198.18.0.2", count)
    return {"p50": m.quantile(times, 0.5), "p99": m.quantile(times, 0.99)}


def testpmd_start(number, options, generator, appliance):
    with m.Veth(f"bench-{number}") as veth:
        with m.Testpmd("icmpecho", appliance, ["net_af_xdp0,iface=gw1"], ["--forward-mode=icmpecho"],
                       netns=veth.appliance) as peer:
            peer.wait_for(peer.ready, 20, "telemetry")
            static_neighbour(veth)
            return {"testpmd icmp": ping_quantiles(veth, generator, options.count)}


def godwit_start(number, options, generator, appliance):
    with m.Veth(f"bench-{number}") as veth, tempfile.TemporaryDirectory() as run_dir:
        with m.Appliance(appliance, "af_xdp", "gw1", run_dir, netns=veth.appliance) as server:
            server.wait_for(server.serving, 30, "serving")
            static_neighbour(veth)
            result = {"godwit icmp": ping_quantiles(veth, generator, options.count)}
            for arm, mix in (("godwit set", "set"), ("godwit get", "get")):
                result[arm] = m.closed_loop(veth, generator, mix, options.seconds)
            return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="fresh starts of each arm")
    parser.add_argument("--count", type=int, default=1500, help="pings of a start")
    parser.add_argument("--seconds", type=float, default=2, help="length of each native run")
    options = parser.parse_args()
    generator, appliance = m.cores()
    samples = {arm: [] for arm in ARMS}
    noise = [m.noise(appliance)]
    for number in range(options.starts):
        m.progress(f"start {number + 1}/{options.starts}")
        for start in (testpmd_start, godwit_start):
            for arm, quantiles in start(number, options, generator, appliance).items():
                samples[arm].append(quantiles)
        noise.append(m.noise(appliance))
    result = {arm: {q: m.spread([s[q] for s in rows]) for q in ("p50", "p99")} for arm, rows in samples.items()}
    base = result[ARMS[0]]
    m.table(("arm", "p50 us", "p99 us", "p50 ratio"),
            [(arm, m.text(r["p50"], digits=1), m.text(r["p99"], digits=1),
              f"{r['p50']['median'] / base['p50']['median']:.2f}") for arm, r in result.items()])
    print(m.noise_line(noise))
    m.save("latency", {"wire": "af_xdp on veth", "starts": options.starts, "arms": result, "noise": noise})


if __name__ == "__main__":
    main()

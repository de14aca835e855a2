#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Native requests per second of one worker over memif, generator and worker on separate cores.

One request a datagram; beside it what testpmd (5tswap) echoes on the same wire with frames of the same size.
"""
import argparse
import os
import tempfile

import measure as m

# Frames on the wire: Ethernet, IPv4 and UDP 42; docs/protocol.md: request 48 + 8 + key + value, reply 48 + 16 + value.
KEY, VALUE = 16, 64
REQUEST = {"get": 42 + 48 + 8 + KEY, "set": 42 + 48 + 8 + KEY + VALUE}
REPLY = {"get": 42 + 48 + 16 + VALUE, "set": 42 + 48 + 16}
WORKLOADS = (("get", "uniform"), ("get", "zipf:0.99"), ("95/5", "uniform"), ("95/5", "zipf:0.99"))
RING_ORDER = 10  # of drivers/memif.c and of godwit-bench: 1024 descriptors
STAGES = ("receive", "classify", "parse", "decode", "lookup", "execute", "transmit", "housekeeping", "idle")


def same_size():
    """Every request crosses the wire once each way: the mean of the two frames, which both mixes share."""
    sets = 0.05
    mean = [(1 - share) * (REQUEST["get"] + REPLY["get"]) / 2 + share * (REQUEST["set"] + REPLY["set"]) / 2
            for share in (0, sets)]
    return round(sum(mean) / len(mean))


def echo_start(options, generator, appliance, size):
    """Frames per second that testpmd echoes back to testpmd's flow generator."""
    with tempfile.TemporaryDirectory() as folder:
        wire = f"id=0,socket={folder}/wire.sock,socket-abstract=no,rsize={RING_ORDER}"
        with m.Testpmd("echo", appliance, [f"net_memif0,role=server,{wire}"], ["--forward-mode=5tswap"]) as echo:
            echo.wait_for(lambda: os.path.exists(f"{folder}/wire.sock"), 20, "socket")
            with m.Testpmd("flowgen", generator, [f"net_memif0,role=client,{wire}"],
                           ["--forward-mode=flowgen", f"--txpkts={size}"]) as gen:
                gen.wait_for(gen.ready, 20, "telemetry")
                gen.rate(1.0)  # warm up
                return gen.rate(options.seconds)


def stages(before, after):
    """Cycles per request by stage between two readings of worker.show."""
    requests = after["requests"] - before["requests"]
    return {stage: (after["cycles"][stage] - before["cycles"][stage]) / max(1, requests)
            for stage in STAGES if stage in after["cycles"]}


def godwit_start(options, generator, appliance):
    """{workload: {"rate", "stages"}} of one start of the appliance, loaded once."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        with m.Appliance(appliance, "memif", f"{folder}/wire.sock", folder, memory_mb=options.memory_mb) as server:
            server.wait_for(server.serving, 30, "serving")
            wire = f"memif:{folder}/wire.sock"
            m.dpdk_load(wire, generator, options.keys)
            for mix, keys in WORKLOADS:
                before = server.worker()
                run = m.dpdk_run(wire, generator, mix, keys, options.keys, options.seconds)
                results[f"{mix} {keys}"] = {"rate": run["requests_per_second"],
                                            "stages": stages(before, server.worker())}
    return results


def report(options, size, echo, rates, cycles, noise):
    echoed = m.spread(echo)
    rows = [(f"testpmd 5tswap echo, {size} B", m.text(echoed, 1e6), "1.00")]
    workloads = {}
    for name, values in rates.items():
        rate = m.spread(values)
        ratio = rate["median"] / echoed["median"]
        rows.append((f"godwit {name}", m.text(rate, 1e6), f"{ratio:.2f}"))
        workloads[name] = {"rate": rate, "ratio": ratio,
                           "cycles": {s: m.spread([c[s] for c in cycles[name]]) for s in cycles[name][0]}}
    print(f"wire memif, rings of {1 << RING_ORDER} descriptors for both, {options.keys} keys of {KEY} B, values of {VALUE} B, {options.starts} starts of each arm")
    m.table(("arm", "M/s median (min..max)", "ratio"), rows)
    print("\ncycles per request by stage, medians")
    names = list(workloads)
    shown = [s for s in STAGES if s in workloads[names[0]]["cycles"]]
    m.table(("stage", *names), [(s, *(f"{workloads[n]['cycles'][s]['median']:.0f}" for n in names)) for s in shown])
    print(m.noise_line(noise))
    m.save("native", {"wire": "memif", "ring": 1 << RING_ORDER, "frame_bytes": size, "keys": options.keys, "starts": options.starts,
                      "echo": echoed, "workloads": workloads, "noise": noise})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="fresh starts of each arm")
    parser.add_argument("--seconds", type=float, default=2, help="length of each measurement")
    parser.add_argument("--keys", type=int, default=1000000)
    parser.add_argument("--memory-mb", type=int, default=256, help="store of the worker")
    options = parser.parse_args()
    generator, appliance = m.cores()
    size = same_size()
    names = [f"{mix} {keys}" for mix, keys in WORKLOADS]
    echo, rates, cycles = [], {n: [] for n in names}, {n: [] for n in names}
    noise = [m.noise(appliance), m.noise(generator)]
    for number in range(options.starts):
        m.progress(f"start {number + 1}/{options.starts}: testpmd")
        echo.append(echo_start(options, generator, appliance, size))
        m.progress(f"start {number + 1}/{options.starts}: godwit")
        for name, result in godwit_start(options, generator, appliance).items():
            rates[name].append(result["rate"])
            cycles[name].append(result["stages"])
        noise += [m.noise(appliance), m.noise(generator)]
    report(options, size, echo, rates, cycles, noise)


if __name__ == "__main__":
    main()

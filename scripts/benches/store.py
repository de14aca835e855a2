#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The store's index alone, on one core, beside DPDK's rte_hash on the same keys: tests/bench/store_bench.c.

It prints the table itself and takes its arms in turns; this adds the machine's noise before and after.
"""
import argparse
import json
import subprocess
import sys
import tempfile

import measure as m


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-keys", type=int, help="largest table (default: as memory allows)")
    parser.add_argument("--rounds", type=int, help="measurements of each arm")
    parser.add_argument("--fillings", type=int, help="fresh tables of each size")
    options = parser.parse_args()
    _, core = m.cores()
    arguments = [text for name, value in vars(options).items() if value is not None
                 for text in (f"--{name.replace('_', '-')}", str(value))]
    noise = [m.noise(core)]
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([m.program("bench_store"), "--core", str(core), "--json", out.name, *arguments],
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            sys.exit(f"bench_store ended with status {done.returncode}")
        result = json.load(out)
    noise.append(m.noise(core))
    print(m.noise_line(noise))
    m.save("store", {**result, "noise": noise})


if __name__ == "__main__":
    main()

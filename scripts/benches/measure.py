# SPDX-License-Identifier: BSD-3-Clause
"""What the benchmarks share: pinned processes, testpmd and its counters, the machine's noise, tables.

Rules (docs/testing.md, "Benchmarks"): arms interleaved, fresh starts, medians, noise beside the figures.
"""
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
OUT = BUILD / "bench"


def program(name):
    """Path of one of our programs in build/."""
    for folder in ("dataplane", "control/daemon", "control/cli", "client", "tests/bench"):
        path = BUILD / folder / name
        if path.exists():
            return str(path)
    sys.exit(f"{name} is not built: ninja -C build")


def cores():
    """(generator's core, appliance's core): the first and the last this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


class Process:
    """A child with its output in a file; ended by terminate, killed when it does not end."""

    def __init__(self, name, argv, log_dir=OUT / "log", stdin=subprocess.DEVNULL):
        log_dir.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = log_dir / f"{name}.log"
        with open(self.log, "wb") as out:
            self.child = subprocess.Popen(argv, stdin=stdin, stdout=out, stderr=subprocess.STDOUT)

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def alive(self):
        return self.child.poll() is None

    def wait_for(self, ready, seconds, what):
        """Polls ready() until it is true; exits with the log when the process ends or time runs out."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return
            if not self.alive():
                raise RuntimeError(f"{self.name} ended ({self.child.returncode}) before {what}:\n{self.tail()}")
            time.sleep(0.05)
        raise RuntimeError(f"{self.name}: no {what} within {seconds} s:\n{self.tail()}")

    def stop(self, seconds=10):
        if self.alive():
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Testpmd(Process):
    """dpdk-testpmd with its main and its forwarding lcore on one core; counters by telemetry."""

    def __init__(self, name, core, vdev, arguments, netns=None):
        self.prefix = f"bench-{os.getpid()}-{name}"
        self.socket_path = f"/var/run/dpdk/{self.prefix}/dpdk_telemetry.v2"
        argv = ["nsenter", f"--net=/run/netns/{netns}", "--"] if netns else []
        argv += ["dpdk-testpmd", "--lcores", f"0@{core},1@{core}", "--file-prefix", self.prefix, "--no-pci",
                 "-m", "64", "--in-memory", "--single-file-segments", *(f"--vdev={v}" for v in vdev), "--",
                 "--total-num-mbufs=16384", "--nb-cores=1", "--stats-period=3600", "--no-lsc-interrupt",
                 *arguments]
        super().__init__(name, argv)

    def query(self, command):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(5)
            s.connect(self.socket_path)
            s.recv(1024)
            s.send(command.encode())
            return json.loads(s.recv(65536))[command.split(",")[0]]

    def stats(self, port=0):
        return self.query(f"/ethdev/stats,{port}")

    def link_up(self):
        try:
            return self.query("/ethdev/link_status,0").get("status") in ("UP", 1)
        except (OSError, ValueError, KeyError):
            return False

    def ready(self):
        try:
            return bool(self.query("/ethdev/list"))
        except (OSError, ValueError, KeyError):
            return False

    def rate(self, seconds, counter="ipackets", port=0):
        """Packets per second over an interval."""
        before, start = self.stats(port)[counter], time.monotonic()
        time.sleep(seconds)
        after = self.stats(port)[counter]
        return (after - before) / (time.monotonic() - start)

    def stop(self, seconds=10):
        super().stop(seconds)
        subprocess.run(["rm", "-rf", f"/var/run/dpdk/{self.prefix}"], check=False)


def noise(core, milliseconds=300):
    """One calibration of a core: dict of tests/bench/noise.c, and the load average."""
    out = subprocess.run(["taskset", "-c", str(core), program("noise"), str(milliseconds)],
                         capture_output=True, text=True, check=True).stdout
    return {**json.loads(out), "core": core, "load1": os.getloadavg()[0]}


def noise_line(samples):
    rates = [s["iterations_per_second"] / 1e6 for s in samples]
    lost = [s["lost_share"] * 100 for s in samples]
    return (f"noise: spin {min(rates):.0f}..{max(rates):.0f} M iterations/s, time lost in gaps over 5 us "
            f"{min(lost):.2f}..{max(lost):.2f} %, load {samples[0]['load1']:.1f} before, {samples[-1]['load1']:.1f} after")


def spread(values):
    """{"median", "min", "max", "n", "samples"} of a list of numbers."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values),
            "samples": values}


def text(s, scale=1.0, digits=2):
    return f"{s['median'] / scale:.{digits}f} ({s['min'] / scale:.{digits}f}..{s['max'] / scale:.{digits}f})"


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for n, row in enumerate([head, *rows]):
        print("  ".join(str(cell).ljust(w) for cell, w in zip(row, widths)).rstrip())
        if n == 0:
            print("  ".join("-" * w for w in widths))


def progress(line):
    print(line, file=sys.stderr, flush=True)


def save(name, result):
    """Writes build/bench/NAME.json."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {path.relative_to(ROOT)}")


def call(socket_path, method, params=None, timeout=5):
    """One JSON-RPC call on a control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(timeout)
        s.connect(str(socket_path))
        s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode() + b"\n")
        with s.makefile() as lines:
            reply = json.loads(lines.readline())
    if "error" in reply:
        raise RuntimeError(f"{method}: {reply['error']['message']}")
    return reply["result"]


class Appliance(Process):
    """godwit-dataplane alone, one worker pinned to a core, one port."""

    def __init__(self, core, driver, device, run_dir, netns=None, memory_mb=64, latency_first=True,
                 address4="198.18.0.2/24", address6="2001:db8:18::2/64"):
        self.run_dir = pathlib.Path(run_dir)
        self.socket_path = self.run_dir / "dataplane.sock"
        config = self.run_dir / "godwit.yaml"
        config.write_text(f"cores: [{core}]\nlatency_first: {str(latency_first).lower()}\nmemory_mb: {memory_mb}\n"
                          f"diagnostics: true\nrun_dir: {run_dir}\ndata_dir: {run_dir}\nports:\n  - name: gw\n"
                          f"    driver: {driver}\n    device: {device}\n    addresses: [\"{address4}\", \"{address6}\"]\n")
        argv = ["nsenter", f"--net=/run/netns/{netns}", "--"] if netns else []
        super().__init__("dataplane", [*argv, program("godwit-dataplane"), "--config", str(config)])

    def serving(self):
        try:
            return self.call("status")["state"] == "serving"
        except (OSError, ValueError, KeyError):
            return False

    def call(self, method, params=None):
        return call(self.socket_path, method, params)

    def worker(self):
        return self.call("worker.show")["workers"][0]


class Veth:
    """Two namespaces and a veth pair between them, as scripts/run makes it."""

    def __init__(self, prefix):
        self.client, self.appliance = f"{prefix}-client", f"{prefix}-appliance"
        self.shell("network_namespace $1; network_namespace $2; network_wire $1 gw0 $2 gw1 1; "
                   "network_address $1 gw0 198.18.0.1/24 2001:db8:18::1/64")

    def shell(self, commands):
        subprocess.run(["bash", "-euc", f". {ROOT}/scripts/lib/say.sh; . {ROOT}/scripts/lib/network.sh; {commands}",
                        "veth", self.client, self.appliance], check=True, stdin=subprocess.DEVNULL)

    def in_client(self, argv, core, **options):
        return subprocess.run(["nsenter", f"--net=/run/netns/{self.client}", "--", "taskset", "-c", str(core), *argv],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True, **options).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shell("network_remove $1; network_remove $2")


def ping(veth, core, address, count=1500):
    """Round-trip times of pings at 1 ms, microseconds, sorted."""
    out = veth.in_client(["ping", "-n", "-i", "0.001", "-c", str(count), address], core)
    return sorted(float(line.split("time=")[1].split()[0]) * 1000 for line in out.splitlines() if "time=" in line)


def quantile(ordered, q):
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def godwit_bench(arguments, prefix=()):
    """Runs godwit-bench to its end and returns its JSON result."""
    argv = [*prefix, program("godwit-bench"), "run", "--to", "198.18.0.2", "--json", "-", *map(str, arguments)]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: status {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def closed_loop(veth, core, mix, seconds):
    """One request in flight through the kernel's UDP: {"p50", "p99"} in microseconds."""
    result = godwit_bench(["--mix", mix, "--clients", 1, "--window", 1, "--keys", 10000, "--preload", "--warmup", 0.5,
                           "--duration", seconds],
                          ["nsenter", f"--net=/run/netns/{veth.client}", "--", "taskset", "-c", str(core)])
    return {"p50": result["latency_us"]["p50"], "p99": result["latency_us"]["p99"]}


def dpdk_load(wire, core, keys):
    """Stores all records over a shared-memory wire ("memif:SOCKET")."""
    godwit_bench(["--dpdk", wire, "--lcore", core, "--keys", keys, "--preload", "--mix", "get", "--warmup", 0,
                  "--duration", 0.1])


def dpdk_run(wire, core, mix, distribution, keys, seconds):
    """As fast as it goes over a shared-memory wire, from a core of its own: the JSON result."""
    return godwit_bench(["--dpdk", wire, "--lcore", core, "--keys", keys, "--mix", mix, "--distribution", distribution,
                         "--warmup", 0.5, "--duration", seconds])

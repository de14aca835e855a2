#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""godwit-pcap native-decode on captures made here, in every shape of file and frame.

usage: test_pcap_decode.py GODWIT-PCAP
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv[1]
TIME_NS = 1764079200123456789
V4 = (bytes([198, 18, 0, 1]), bytes([198, 18, 0, 2]))
V6 = tuple(bytes.fromhex("20010db8001800000000000000000000")[:15] + bytes([n]) for n in (1, 2))


def request(*ops, version=1, kind=1, flags=0, tflags=0, slot=4440):
    head = struct.pack("<BBHIQIIHBBIQII", version, kind, flags, 0, 0xF122334455667788, 7, 5, slot, len(ops), tflags,
                       500, 2**63 + 1, 6, 0)
    return head + (bytes(range(32)) if tflags else b"") + b"".join(ops)


def op(opcode, key=b"", value=b"", arg=None, flags=0):
    flags |= 0 if arg is None else 1
    body = b"" if arg is None else struct.pack("<q", arg)
    return struct.pack("<BBHI", opcode, flags, len(key), len(value)) + body + key + value


def reply(*results, status=0, flags=0):
    head = struct.pack("<BBHHHQIIHBBIQII", 1, 2, flags, status, 255, 0xF122334455667788, 7, 5, 0xFFFF, len(results), 0,
                       9, 10, 1, 0)
    return head + b"".join(results)


def result(opcode, status=0, number=0, value=b""):
    return struct.pack("<BBHIQ", opcode, status, 0, len(value), number) + value


def udp(payload, sport=40000, dport=20568):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def ethernet(ethertype, packet, tags=()):
    vlan = b"".join(struct.pack(">HH", tag, 5) for tag in tags)
    return bytes(12) + vlan + struct.pack(">H", ethertype) + packet


def v4(packet, tags=(), fragment=0, proto=17, options=b"", total=None):
    words = 5 + len(options) // 4
    length = words * 4 + len(packet) if total is None else total
    head = struct.pack(">BBHHHBBH4s4s", 0x40 | words, 0, length, 1, fragment, 64, proto, 0, *V4) + options
    return ethernet(0x0800, head + packet, tags)


def v6(packet, first=17, extensions=b"", tags=()):
    body = extensions + packet
    return ethernet(0x86DD, struct.pack(">IHBB16s16s", 6 << 28, len(body), first, 64, *V6) + body, tags)


def capture(frames, order="<", nano=False, link=1, snap=65535):
    seconds, ns = divmod(TIME_NS, 10**9)
    data = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
    for frame in frames:
        kept = frame[:snap]
        data += struct.pack(order + "IIII", seconds, ns if nano else ns // 1000, len(kept), len(frame)) + kept
    return data


def run(data):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
        f.write(data)
        f.flush()
        done = subprocess.run([PROGRAM, "native-decode", f.name], capture_output=True, text=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


GET = request(op(1, b"user:17"))


class NativeDecode(unittest.TestCase):
    def decode(self, *frames, **how):
        status, lines, errors = run(capture(frames, **how))
        self.assertEqual(status, 0, errors)
        return lines, errors

    def test_file_formats(self):
        for order in "<>":
            for nano in (False, True):
                lines, _ = self.decode(v4(udp(GET)), order=order, nano=nano)
                self.assertEqual(len(lines), 1)
                self.assertEqual(lines[0]["time_ns"], TIME_NS if nano else TIME_NS // 1000 * 1000)

    def test_frames(self):
        hop, destination = bytes([60, 0]) + bytes(6), bytes([17, 1]) + bytes(14)
        whole_fragment = bytes([17, 0, 0, 0, 0, 0, 0, 1])
        frames = [v4(udp(GET)), v4(udp(GET), tags=(0x8100,)), v4(udp(GET), tags=(0x88A8, 0x8100)),
                  v4(udp(GET), options=bytes(8)), v4(udp(GET)) + bytes(20), v6(udp(GET)), v6(udp(GET), tags=(0x8100,)),
                  v6(udp(GET), 0, hop + destination), v6(udp(GET), 44, whole_fragment)]
        lines, errors = self.decode(*frames)
        self.assertEqual(len(lines), len(frames), errors)
        self.assertEqual(lines[0]["from"], "198.18.0.1:40000")
        self.assertEqual(lines[0]["to"], "198.18.0.2:20568")
        self.assertEqual(lines[5]["from"], "[2001:db8:18::1]:40000")
        for line in lines:
            self.assertEqual(line["ops"], [{"op": "get", "flags": [], "key": "user:17"}])

    def test_ports(self):
        lines, errors = self.decode(v4(udp(GET, 20480, 9)), v4(udp(GET, 9, 20607)), v4(udp(GET, 9, 20479)),
                                    v4(udp(GET, 20608, 9)), v4(b"x" * 40, proto=6), ethernet(0x0806, bytes(28)))
        self.assertEqual(len(lines), 2)
        self.assertIn("4 of other protocols", errors)

    def test_request_fields(self):
        (line,), _ = self.decode(v4(udp(request(
            op(1, b"\xff\x00"), op(4, b"n", arg=-3), op(2, b"k", b"v\xc3\xa9", flags=0x40), op(9, bytes(8), arg=10),
            flags=1, tflags=1, slot=0xFFFF))))
        self.assertEqual(line["type"], "request")
        self.assertEqual(line["flags"], ["retransmit"])
        self.assertEqual(line["session"], "f122334455667788")
        self.assertEqual((line["request_id"], line["epoch"], line["first_unacked"]), (7, 5, 6))
        self.assertEqual((line["slot"], line["deadline_us"], line["hlc"]), (None, 500, str(2**63 + 1)))
        self.assertEqual(line["trace"]["trace_id"], bytes(range(16)).hex())
        self.assertEqual(line["trace"]["budget_us"], 0x1F1E1D1C)
        self.assertEqual(line["ops"], [
            {"op": "get", "flags": [], "key_hex": "ff00"}, {"op": "incr", "flags": [], "key": "n", "arg": -3},
            {"op": "set", "flags": ["return"], "key": "k", "value": "v\u00e9"},
            {"op": "scan", "flags": [], "cursor_hex": "00" * 8, "arg": 10}])

    def test_reply_fields(self):
        (line,), _ = self.decode(v4(udp(reply(
            result(1, 0, 3, b"hello"), result(4, 0, 2**64 - 3), result(7, 3, 8), flags=6), 20568, 40000)))
        self.assertEqual((line["type"], line["status"], line["credits"]), ("reply", "ok", 255))
        self.assertEqual(line["flags"], ["duplicate", "delegated"])
        self.assertEqual((line["slot"], line["retry_after_us"], line["map_epoch"]), (None, 9, 1))
        self.assertEqual(line["results"], [
            {"op": "get", "result": "ok", "number": 3, "value": "hello"}, {"op": "incr", "result": "ok", "number": -3},
            {"op": "cas", "result": "version", "number": 8}])

    def test_malformed(self):
        cases = {
            "frame not captured whole": v4(udp(GET))[:50],
            "IP fragment": v4(udp(GET), fragment=0x2000),
            "IP or UDP header with impossible lengths": v4(udp(GET), total=24),
            "shorter than a native header": v4(udp(GET[:47])),
            "neither request nor reply": v4(udp(request(op(1, b"k"), kind=7))),
            "another protocol version": v4(udp(request(op(1, b"k"), version=2))),
            "malformed request": v4(udp(GET + b"x")),
            "malformed reply": v4(udp(reply(result(1)) + b"x", 20480, 9)),
        }
        for reason, frame in cases.items():
            lines, errors = self.decode(frame, frame, v4(udp(GET)))
            self.assertEqual(len(lines), 1)
            self.assertIn("2 " + reason + "\n", errors)

    def test_every_truncation(self):
        frames = [v4(udp(GET), tags=(0x8100,)), v6(udp(GET), 0, bytes([17, 0]) + bytes(6))]
        for frame in frames:
            lines, _ = self.decode(*[frame[:n] for n in range(len(frame))])
            self.assertEqual(lines, [])

    def test_files(self):
        good = capture([v4(udp(GET))])
        status, lines, errors = run(good[:-5])
        self.assertEqual((status, lines), (1, []))
        self.assertIn("truncated", errors)
        self.assertEqual(run(b"not a capture, not at all")[0], 1)
        status, _, errors = run(capture([], link=101))
        self.assertEqual(status, 1)
        self.assertIn("Ethernet", errors)
        self.assertEqual(run(capture([]))[0], 0)
        missing = os.path.join(tempfile.gettempdir(), "godwit-no-such-file.pcap")
        done = subprocess.run([PROGRAM, "native-decode", missing], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(missing, done.stderr)

    def test_usage(self):
        for arguments, status in (([], 2), (["--help"], 0), (["native-decode"], 2), (["native-decode", "--help"], 0),
                                  (["native-decode", "--nope", "f"], 2), (["native-decode", "a", "b"], 2), (["fly"], 2)):
            done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, status, arguments)
            self.assertTrue(done.stdout if status == 0 else done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

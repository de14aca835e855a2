#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A second implementation of the native protocol, written from docs/protocol.md alone, held against a live node.

usage: native_protocol.py ADDRESS WORKERS     (WORKERS: how many the node runs)
Prints a PASS or FAIL line per check; exit status 1 when one failed.
"""
import os
import socket
import struct
import sys

GET, SET, DEL, INCR, APPEND, GETORCREATE, CAS, EXPIRE, SCAN, PING = range(1, 11)
ARG, EXPIRY, ABSOLUTE, IF_ABSENT, IF_EXISTS, KEEP_TTL, RETURN = 1, 2, 4, 8, 16, 32, 64
OK, BAD_VERSION, BAD_REQUEST, BAD_SLOT, BAD_TENANT, STALE_EPOCH, STALE_REQUEST, GONE, FULL, TOOBIG = range(10)
RES_OK, NOT_FOUND, EXISTS, VERSION = range(4)
DUPLICATE, DELEGATED = 2, 4
NO_SLOT = 0xFFFF

failures = 0


def check(name, good):
    global failures
    failures += not good
    print("PASS" if good else "FAIL", name, flush=True)


def slot_of(key):
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    crc = 0
    for byte in key:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % 16384


def op(opcode, key=b"", value=b"", arg=None, expiry=None, flags=0):
    flags |= (ARG if arg is not None else 0) | (EXPIRY if expiry is not None else 0)
    data = struct.pack("<BBHI", opcode, flags, len(key), len(value))
    if arg is not None:
        data += struct.pack("<Q", arg & (2**64 - 1))
    if expiry is not None:
        data += struct.pack("<Q", expiry)
    return data + key + value


class Client:
    def __init__(self, address):
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self.socket.settimeout(2)
        self.address = address
        self.session = int.from_bytes(os.urandom(8), "little") | 1
        self.request_id = 0
        self.epoch = 0

    def send(self, datagram, port):
        self.socket.sendto(datagram, (self.address, port))

    def receive(self):
        try:
            return self.socket.recv(65535)
        except socket.timeout:
            return None

    def datagram(self, ops, slot, request_id=None, epoch=None, flags=0, tenant=0, version=1, kind=1, unacked=1):
        if request_id is None:
            self.request_id += 1
            request_id = self.request_id
        header = struct.pack(
            "<BBHIQIIHBBIQII", version, kind, flags, tenant, self.session, request_id,
            self.epoch if epoch is None else epoch, slot, len(ops), 0, 0, 0, unacked, 0)
        return header + b"".join(ops)

    def ask(self, datagram, port):
        self.send(datagram, port)
        data = self.receive()
        return data and Reply(data)

    def call(self, *ops, key=None, port=None, **header):
        """Sends operations whose first key is key; takes a new epoch when the node tells one."""
        slot = NO_SLOT if key is None else slot_of(key)
        port = port or 20480 + (0 if key is None else slot % 128)
        reply = self.ask(self.datagram(ops, slot, **header), port)
        if reply and reply.status == STALE_EPOCH and "epoch" not in header:
            self.epoch = reply.epoch
            reply = self.ask(self.datagram(ops, slot, **header), port)
        return reply


class Reply:
    def __init__(self, data):
        self.data = data
        (self.version, self.kind, self.flags, self.status, self.credits, self.session, self.request_id, self.epoch,
         self.slot, count, _, self.retry_after, self.hlc, self.map_epoch, _) = struct.unpack_from("<BBHHHQIIHBBIQII", data)
        self.results, at = [], 48
        for _ in range(count):
            opcode, status, _, length, number = struct.unpack_from("<BBHIQ", data, at)
            self.results.append((opcode, status, number, data[at + 16 : at + 16 + length]))
            at += 16 + length
        assert at == len(data), "results fill the datagram"


def check_operations(c):
    r = c.call(op(SET, b"py:a", b"one"), key=b"py:a")
    check("a write after the epoch is learnt", r is not None and r.status == OK and c.epoch != 0)
    r = c.call(op(GET, b"py:a"), key=b"py:a")
    check("GET returns what SET stored", r.results[0][1] == RES_OK and r.results[0][3] == b"one")
    r = c.call(op(SET, b"py:a", b"two", flags=IF_ABSENT), key=b"py:a")
    check("SET if absent", r.results[0][1] == EXISTS)
    version = c.call(op(GET, b"py:a"), key=b"py:a").results[0][2]
    r = c.call(op(CAS, b"py:a", b"three", arg=version + 1), key=b"py:a")
    check("CAS of another version", r.results[0][1] == VERSION and r.results[0][2] == version)
    r = c.call(op(CAS, b"py:a", b"three", arg=version), key=b"py:a")
    check("CAS of the present version", r.results[0][1] == RES_OK)
    for _ in range(3):
        r = c.call(op(INCR, b"py:n", arg=-2), key=b"py:n")
    check("INCR", struct.unpack("<q", struct.pack("<Q", r.results[0][2]))[0] == -6)
    r = c.call(op(DEL, b"py:a", flags=RETURN), key=b"py:a")
    check("DEL returns the value", r.results[0][3] == b"three")
    c.call(op(DEL, b"py:n"), key=b"py:n")
    r = c.call(op(PING, value=b"are you there"))
    check("PING", r.results[0][3] == b"are you there")


def check_ports(c, workers):
    good = delegated = 0
    for i in range(256):
        key = b"py:port:%d" % i
        r = c.call(op(SET, key, b"v%d" % i), key=key, port=20480 + i % 128)
        good += r is not None and r.status == OK and r.results[0][1] == RES_OK
        delegated += bool(r and r.flags & DELEGATED)
    check("any of the 128 ports serves any key", good == 256)
    values = [c.call(op(GET, b"py:port:%d" % i), key=b"py:port:%d" % i).results[0][3] for i in range(256)]
    check("and stores it where the right port finds it", values == [b"v%d" % i for i in range(256)])


def check_batches(c):
    keys = [b"py:batch:%d" % i for i in range(40)]
    r = c.call(*[op(SET, k, b"x" + k) for k in keys], key=keys[0])
    check("a batch of 40 writes across slots", r.status == OK and all(x[1] == RES_OK for x in r.results))
    got = []
    for i in range(0, 40, 20):
        got += [x[3] for x in c.call(*[op(GET, k) for k in keys[i : i + 20]], key=keys[i]).results]
    check("batches of reads return them in order", got == [b"x" + k for k in keys])
    r = c.call(op(SET, b"py:s", b"1"), op(APPEND, b"py:s", b"2"), op(GET, b"py:s"), op(DEL, b"py:s"), key=b"py:s")
    check("operations of a batch see each other", r.results[2][3] == b"12" and r.results[3][1] == RES_OK)
    for k in keys:
        c.call(op(DEL, k), key=k)


def check_scan(c):
    seen, cursor, pages = set(), 0, 0
    while True:
        r = c.call(op(SCAN, struct.pack("<Q", cursor), arg=50))
        page = r.results[0][3]
        cursor, at = struct.unpack_from("<Q", page)[0], 8
        for _ in range(r.results[0][2]):
            (length,) = struct.unpack_from("<H", page, at)
            seen.add(page[at + 2 : at + 2 + length])
            at += 2 + length
        pages += 1
        if cursor == 0 or pages > 10000:
            break
    check("SCAN visits every key of every worker", {b"py:port:%d" % i for i in range(256)} <= seen)


def check_at_most_once(c):
    key = b"py:once"
    slot, port = slot_of(key), 20480 + slot_of(key) % 128
    datagram = c.datagram([op(INCR, key, arg=1)], slot)
    first = c.ask(datagram, port)
    again = [c.ask(datagram, port) for _ in range(3)]
    check("a repeated write is answered from memory", all(a and a.flags & DUPLICATE for a in again))
    check("with the same result", all(a.results == first.results for a in again))
    check("and was executed once", c.call(op(GET, key), key=key).results[0][3] == b"1")
    batch = c.datagram([op(INCR, key, arg=1), op(INCR, key + b"2", arg=1)], slot)
    first = c.ask(batch, port)
    check("so is a repeated batch", c.ask(batch, port).results == first.results and first.results[0][2] == 2)
    old = c.request_id - 1
    c.request_id += 200
    c.call(op(SET, key, b"5"), key=key)
    r = c.call(op(INCR, key, arg=1), key=key, request_id=old)
    check("a request id behind the window is refused", r.status == STALE_REQUEST)
    r = c.call(op(INCR, key, arg=1), key=key, epoch=c.epoch ^ 1)
    check("so is a write with another epoch", r.status == STALE_EPOCH and r.epoch == c.epoch)
    check("neither was executed", c.call(op(GET, key), key=key).results[0][3] == b"5")
    c.call(op(DEL, key), key=key)


def check_refusals(c):
    key = b"py:bad"
    slot, port = slot_of(key), 20480 + slot_of(key) % 128
    good = c.datagram([op(GET, key)], slot)
    r = c.ask(c.datagram([op(GET, key)], slot ^ 1), port)
    check("a slot that is not the key's", r.status == BAD_SLOT)
    r = c.ask(c.datagram([op(GET, key)], slot, tenant=77), port)
    check("a tenant that does not exist", r.status == BAD_TENANT)
    r = c.ask(good + b"x", port)
    check("bytes behind the last operation", r.status == BAD_REQUEST)
    r = c.ask(good[:-1], port)
    check("a key cut short", r.status == BAD_REQUEST)
    r = c.ask(c.datagram([op(99, key)], slot), port)
    check("an unknown operation", r.status == BAD_REQUEST)
    r = c.ask(c.datagram([op(GET, key)], slot, version=9), port)
    check("a version of the future is told ours", r.status == BAD_VERSION and r.version == 1)
    c.socket.settimeout(0.2)
    for name, datagram in (("a reply", c.datagram([op(GET, key)], slot, kind=2)), ("a stub", good[:20]), ("nothing", b"")):
        c.send(datagram, port)
        check("%s is not answered" % name, c.receive() is None)
    c.socket.settimeout(2)


def check_sizes(c):
    key, value = b"py:big", bytes(range(256)) * 5
    c.call(op(SET, key, value), key=key)
    check("a value of 1280 bytes", c.call(op(GET, key), key=key).results[0][3] == value)
    for _ in range(2):
        c.call(op(APPEND, key, value), key=key)
    r = c.call(op(GET, key), key=key)
    check("a value beyond the MTU is TOOBIG, with its size", r.status == TOOBIG and r.results[0][2] == 3840)
    c.call(op(DEL, key), key=key)
    r = c.call(op(SET, key, b"soon gone", expiry=50), key=key)
    import time
    time.sleep(0.1)
    check("a key expires", c.call(op(GET, key), key=key).results[0][1] == NOT_FOUND)


def main():
    address, workers = sys.argv[1], int(sys.argv[2])
    c = Client(address)
    check_operations(c)
    check_ports(c, workers)
    check_batches(c)
    check_scan(c)
    check_at_most_once(c)
    check_refusals(c)
    check_sizes(c)
    for i in range(256):
        c.call(op(DEL, b"py:port:%d" % i), key=b"py:port:%d" % i)
    sys.exit(failures > 0)


main()

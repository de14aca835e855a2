#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Turns `apt-cache dumpavail` (standard input) into the sample load: key NUL value NUL, key = package name.

Prints what was written and what was left out because it does not fit one datagram.
"""
import sys

FIELDS = ("Package", "Version", "Architecture", "Section", "Priority", "Maintainer", "Installed-Size",
          "Depends", "Homepage", "Description", "Filename", "Size", "SHA256")
# docs/protocol.md: request header 48 and operation 8; reply header 48 and result 16. UDP over IPv6 in 1500.
DATAGRAM = 1500 - 40 - 8
REQUEST_OVERHEAD = 48 + 8
REPLY_OVERHEAD = 48 + 16


def stanzas(lines):
    """Yields each package as a dict of its fields; continuation lines are left out."""
    fields = {}
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def main():
    out = open(sys.argv[1], "wb")
    written = size = skipped = 0
    seen = set()
    for fields in stanzas(open(0, encoding="utf-8", errors="surrogateescape")):
        key = fields.get("Package", "").encode("utf-8", "surrogateescape")
        value = "".join(f"{name}: {fields[name]}\n" for name in FIELDS if name in fields)
        value = value.encode("utf-8", "surrogateescape")
        if not key or key in seen:
            continue
        seen.add(key)
        if len(key) + len(value) + REQUEST_OVERHEAD > DATAGRAM or len(value) + REPLY_OVERHEAD > DATAGRAM:
            skipped += 1
            continue
        out.write(key + b"\0" + value + b"\0")
        written += 1
        size += len(key) + len(value)
    out.close()
    print(f"{written} packages, {size / 1e6:.1f} MB; {skipped} longer than a datagram left out")
    sys.exit(0 if written else 1)


if __name__ == "__main__":
    main()

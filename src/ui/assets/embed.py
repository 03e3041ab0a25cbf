#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT NAME=FILE ...: files as a C table, so that pages need nothing from outside."""

import hashlib
import os
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def main():
    out, rows = sys.argv[1], []
    with open(out, "w", encoding="ascii") as text:
        text.write('#include "ui/assets.h"\n\n')
        for number, given in enumerate(sys.argv[2:]):
            name, path = given.split("=", 1)
            with open(path, "rb") as file:
                data = file.read()
            text.write(f"static const unsigned char bytes_{number}[] = {{\n")
            for at in range(0, len(data), 24):
                text.write("".join(f"{byte}," for byte in data[at:at + 24]) + "\n")
            text.write("};\n")
            kind, tag = TYPES[os.path.splitext(name)[1]], hashlib.sha256(data).hexdigest()[:16]
            rows.append(f'    {{"{name}", "{kind}", "\\"{tag}\\"", (const char *)bytes_{number}, sizeof bytes_{number}}},\n')
        text.write(f"const wadi__asset wadi__assets[] = {{\n{''.join(rows)}}};\n")
        text.write(f"const size_t wadi__asset_count = {len(rows)};\n")


main()

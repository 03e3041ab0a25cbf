#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT FILE.in...: the files as an array of C, for `wadi new` (src/cli/new.h)."""

import os
import sys


def literal(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
    return "\n".join(f'     "{line}\\n"' for line in escaped.splitlines())


def main():
    rows = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            rows.append(f'    {{"{os.path.basename(path)[:-len(".in")]}",\n{literal(file.read())}}},\n')
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write('/* The files of a new project. */\n#include "cli/new.h"\n\n'
                  f"const wadi__cli_new_file wadi__cli_new_files[] = {{\n{''.join(rows)}    {{NULL, NULL}},\n}};\n")


main()

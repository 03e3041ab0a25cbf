# SPDX-License-Identifier: Apache-2.0
"""machine.py: what figures depend on: the machine and the input, in words."""

import os
import platform
import re


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def describe():
    """Lines about processor, memory, load and input."""
    info = _read("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.*)$", info, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", info, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", _read("/proc/meminfo"), re.MULTILINE)
    vectors = "AVX-512 VBMI2" if flags and "avx512_vbmi2" in flags[1].split() else "no AVX-512 VBMI2"
    yield (f"machine: {len(os.sched_getaffinity(0))} cores, {model[1] if model else platform.machine()}, {vectors}, "
           f"{int(memory[1]) / 2**20 if memory else 0:.0f} GiB, Linux {platform.release()}")
    yield f"load before: {os.getloadavg()[0]:.2f} (others' work on this machine makes figures worse)"
    yield "input: 100,000-word vocabulary, Zipf 1.0, lines of about 100 bytes, in memory; medians of 5 runs in turn"

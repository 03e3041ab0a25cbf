#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""with_server.py PROGRAM: runs a test program with a PostgreSQL server of its own, whose connection string it gets
as its argument."""

import subprocess
import sys

import postgres

with postgres.Server() as server:
    status = subprocess.run([sys.argv[1], server.connection], check=False).returncode
sys.exit(status)

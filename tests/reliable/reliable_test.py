#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reliable_test.py PROGRAM [SEED]: a real sender with acknowledgements, a real disk, and kill -9 at random moments: no
message is lost, and only those are there twice that were sent again."""

import glob
import os
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

from cases import PATIENCE_S, expect, expect_equal, run, wait_until
from peers import receive
from program import Program

KILLS, PER_GROUP = 8, 16


class Broker:
    """Sends groups of messages to whoever connects, the first one that is not acknowledged first."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.acknowledged = 0   # groups
        self.times_sent = {}    # by group
        self.is_ending = False  # no further group
        self.positions = []     # what the program said that it has, by connection
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(PATIENCE_S)
                    self._talk(connection)
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def _receive_id(self, connection):
        data = receive(connection, 8)
        if len(data) < 8:
            raise ConnectionResetError
        return struct.unpack("=q", data)[0]

    def _talk(self, connection):
        self.positions.append((self._receive_id(connection), self.acknowledged))
        while not self.is_ending:
            group = self.acknowledged
            self.times_sent[group] = self.times_sent.get(group, 0) + 1
            first = group * PER_GROUP
            records = b"".join(struct.pack("=qd", first + i, group) for i in range(PER_GROUP))
            connection.sendall(struct.pack("=I", PER_GROUP) + records)
            if self._receive_id(connection) != first + PER_GROUP - 1:
                raise ConnectionResetError
            with self.lock:
                self.acknowledged = group + 1
            time.sleep(0.002)
        while connection.recv(1):
            pass


def stored_ids(folder):
    ids = []
    for path in glob.glob(f"{folder}/batch-*/part-*"):
        with open(path, encoding="utf-8") as part:
            ids += [int(line.strip("()\n").split(",")[0]) for line in part]
    return ids


def nothing_is_lost_and_only_repeated_messages_are_doubled():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"replay: {' '.join(sys.argv[:2])} {seed}", flush=True)
    chance = random.Random(seed)
    folder, broker = tempfile.mkdtemp(prefix="wadi-reliable-"), Broker()
    command = [sys.argv[1], "127.0.0.1", str(broker.port), f"{folder}/checkpoints", f"{folder}/batch"]
    for _ in range(KILLS):
        before = broker.acknowledged
        with Program(command) as program:
            if chance.random() < 0.8:
                wait_until(lambda: broker.acknowledged > before or program.process.poll() is not None, "it acknowledges")
            time.sleep(chance.random() * 0.6)
            expect(program.process.poll() is None, "it still runs")
            program.send_signal(signal.SIGKILL)
            program.wait()
    with Program(command) as program:
        before = broker.acknowledged
        wait_until(lambda: broker.acknowledged > before, "it goes on")
        broker.is_ending = True
        wanted = set(range(broker.acknowledged * PER_GROUP))
        wait_until(lambda: wanted <= set(stored_ids(folder)),
                   lambda: f"all is stored; missing: {sorted(wanted - set(stored_ids(folder)))[:20]}")
        program.stop()
    broker.listener.close()
    ids = stored_ids(folder)
    sent_again = {group for group, times in broker.times_sent.items() if times > 1}
    doubled = {each // PER_GROUP for each in set(ids) if ids.count(each) > 1} if len(ids) != len(set(ids)) else set()
    expect(doubled <= sent_again, f"doubled groups {sorted(doubled)}, sent again {sorted(sent_again)}")
    for position, acknowledged in broker.positions:
        expect(position >= acknowledged * PER_GROUP - 1, f"it knew position {position} when {acknowledged} groups were acknowledged")
    files = len(os.listdir(f"{folder}/checkpoints/receivedBlockMetadata"))
    expect(files < 2 * KILLS + 20, f"{files} log files are left")
    print(f"        {broker.acknowledged} groups, {len(sent_again)} sent again, {len(doubled)} of them there twice")
    shutil.rmtree(folder)


run(nothing_is_lost_and_only_repeated_messages_are_doubled)

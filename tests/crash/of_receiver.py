# SPDX-License-Identifier: Apache-2.0
"""of_receiver.py: receiving.c is killed while a peer sends. Nothing that was acknowledged is missing; what counts twice
was sent twice, since its acknowledgement was lost; and the state is that of what was saved."""

import os
import random
import socket
import struct
import threading
import time

from cases import PATIENCE_S, Failed
from crash import Program, compare, expect_every_batch, kill_often, saved, shown, wait_for, wait_for_more_batches
from peers import receive

STATES = ("seen",)


class Sender(threading.Thread):
    """Sends groups of messages to whoever connects, each until it is acknowledged."""

    def __init__(self, chance):
        super().__init__(daemon=True)
        self.chance = chance
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.times_sent = {}  # by id
        self.acknowledged = 0  # all ids below
        self.is_to_end = self.has_ended = False

    def run(self):
        group = []
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(PATIENCE_S)
            with connection:
                try:
                    while group or not self.is_to_end:
                        group = group or self._new_group()
                        self._send(connection, group)
                        group = []
                        self._pause()
                    self.has_ended = True
                    connection.recv(1)  # until the program ends; another one finds nothing to do
                except OSError:
                    continue

    def _new_group(self):
        first = self.acknowledged
        return list(range(first, first + self.chance.choice([1, 2, 20, 256])))

    def _bytes_of(self, group):
        return struct.pack("=I", len(group)) + b"".join(struct.pack("=qd", id, id / 4) for id in group)

    def _pause(self):
        time.sleep(self.chance.uniform(0, 0.03))

    def _send(self, connection, group):
        for message in group:
            self.times_sent[message] = self.times_sent.get(message, 0) + 1
        connection.sendall(self._bytes_of(group))
        answer = receive(connection, 8)
        if len(answer) < 8:
            raise ConnectionError
        if struct.unpack("=q", answer)[0] != group[-1]:
            raise Failed(f"{group[-1]} was sent, {answer!r} came back")
        self.acknowledged = group[-1] + 1


def counts():
    return {key: count for key, count in shown("seen")[1]}


def wait_until_all_is_counted(program, sender):
    wait_for(lambda: len(counts()) >= sender.acknowledged,
             lambda: f"{sender.acknowledged} messages are counted, but {len(counts())}", program, STATES)
    wait_for_more_batches(program, STATES)


def check_state(sender):
    seen = counts()
    missing = [key for key in range(sender.acknowledged) if key not in seen]
    if missing:
        raise Failed(f"{len(missing)} messages of {sender.acknowledged} are missing, as {missing[0]}")
    for key, count in seen.items():
        if count > sender.times_sent.get(key, 0):
            raise Failed(f"message {key} counts {count} times, it was sent {sender.times_sent.get(key, 0)} times")


def check_saved():
    records = saved("records")
    expect_every_batch(records)
    stored = {}
    for lines in records.values():
        for line in lines:
            key = int(line[1:].split(",")[0])
            stored[key] = stored.get(key, 0) + 1
    compare("the state, beside what was saved", counts(), stored)


def run(command, kills, seed):
    sender = Sender(random.Random(seed + 1))
    bound = random.Random(seed + 2).choice([0, 50, 1000])
    program = Program([command, str(sender.port)],
                      ["spark.streaming.stopGracefullyOnShutdown=true", "spark.streaming.gracefulStopTimeout=60s",
                       f"wadi.batch.max_records={bound}",
                       "spark.streaming.receiver.writeAheadLog.enable=true", "spark.streaming.receiverRestartDelay=50ms"])
    try:
        sender.start()
        kill_often(program, kills, random.Random(seed))
        sender.is_to_end = True
        for _ in range(2):
            program.start()
            wait_for(lambda: sender.has_ended, lambda: "all is acknowledged", program, STATES)
            wait_until_all_is_counted(program, sender)
            check_state(sender)
            program.kill()
        program.start()
        wait_for_more_batches(program, STATES)
        wait_until_all_is_counted(program, sender)
        program.end()
        check_state(sender)
        check_saved()
        doubled = sum(count - 1 for count in counts().values())
        return f"{sender.acknowledged} messages, {doubled} counted again of {sum(sender.times_sent.values()) - sender.acknowledged} sent again"
    finally:
        program.close()
        sender.listener.close()

# SPDX-License-Identifier: Apache-2.0
"""peers.py: the other side of a program's connections and files: TCP servers, and files moved into place."""

import os
import socket
import threading
import time

from cases import PATIENCE_S, wait_until


def receive(connection, size):
    """So many bytes, or fewer where the connection ends."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            break
        data += part
    return data


class LineServer:
    """Listens on a port; each connection that is accepted can be sent to. The program connects to it."""

    def __init__(self, port=0, host="127.0.0.1", patience_s=PATIENCE_S):
        self.listener = socket.create_server((host, port))
        self.listener.settimeout(patience_s)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE_S)
        return connection

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.close()


class LineStore:
    """A server that keeps the lines that are sent to it, on any number of connections."""

    def __init__(self, port, host="127.0.0.1"):
        self.listener = socket.create_server((host, port))
        self.lock = threading.Lock()
        self.connections = 0
        self._lines = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def lines(self):
        with self.lock:
            return list(self._lines)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                with self.lock:
                    self._lines.append(line.decode().rstrip("\n"))


def reset(connection):
    """Ends a connection with a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def put_file(folder, name, text, time_s=None):
    """A file that appears in a folder, whole, at once. time_s: its modification time; a file stream takes a file
    from the future in the first batch at or after that time, so that several files come in one batch."""
    draft = f"{folder}/.{name}.draft"
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
    if time_s is not None:
        os.utime(draft, (time_s, time_s))
    os.rename(draft, f"{folder}/{name}")


def put_files_together(files, ahead_s=3):
    """Files {path: text} that come in one batch, also where several streams watch their folders."""
    time_s = time.time() + ahead_s
    for path, text in files.items():
        put_file(os.path.dirname(path), os.path.basename(path), text, time_s)


def wait_until_read(connection):
    """Until the program has read all that was sent to it over this connection."""
    ours, theirs = connection.getsockname(), connection.getpeername()

    def address(of):
        return f"{socket.inet_aton(of[0])[::-1].hex().upper()}:{of[1]:04X}"

    def is_read():
        with open("/proc/net/tcp", encoding="utf-8") as lines:
            rows = [line.split() for line in lines]
        queues = {tuple(row[1:3]): row[4] for row in rows}  # tx:rx
        sent, received = queues.get((address(ours), address(theirs))), queues.get((address(theirs), address(ours)))
        return sent is None or received is None or (sent.startswith("00000000:") and received.endswith(":00000000"))

    wait_until(is_read, "the program has read what was sent")

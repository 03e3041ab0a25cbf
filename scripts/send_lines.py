#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""send_lines.py PORT: waits for connections, and sends to each what is typed, as `nc -lk PORT` does."""

import socket
import sys
import threading


def main():
    connections = []
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    def accept():
        while True:
            connections.append(listener.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    for line in sys.stdin.buffer:
        for connection in list(connections):
            try:
                connection.sendall(line)
            except OSError:
                connections.remove(connection)


if __name__ == "__main__":
    main()

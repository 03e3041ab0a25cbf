# SPDX-License-Identifier: Apache-2.0
"""postgres.py: a PostgreSQL server of the test's own, in a new folder, reached by a socket there.

    with postgres.Server() as server:
        server.query("SELECT 1")            # "1"
        run([program, server.connection])

It refuses to run as root, so as root it runs as the user postgres, or nobody. Without a server on this machine the
test is skipped, and says so. The server ends with the test, however that ends."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

import cases

SKIPPED = 77  # Meson's status for a skipped test


def _skip(words):
    print(f"SKIPPED: {words}")
    sys.exit(SKIPPED)


def _find(name):
    """The newest one; Debian has them outside of PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return found[-1] if found else shutil.which(name)


def is_here():
    """Whether this machine has a server."""
    return _find("postgres") is not None


def _program(name):
    return _find(name) or _skip(f"needs PostgreSQL's {name}")


def _user():
    """Whom the server runs as; None: who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    return _skip("needs a user that is not root")


class Server:
    def __init__(self):
        self.initdb, self.postgres, self.psql = _program("initdb"), _program("postgres"), _program("psql")
        self.user = _user()
        self.folder = tempfile.mkdtemp(prefix="wadi-pg-", dir="/tmp")  # a socket's path has at most 107 bytes
        self.database = "postgres"
        self.process = None

    @property
    def connection(self):
        return f"host={self.folder} dbname={self.database} user=wadi"

    @property
    def environment(self):
        """Where programs find the server that do not say where."""
        return {"PGHOST": self.folder, "PGUSER": "wadi"}

    def _as_server(self, *command):
        own = ["setpriv", "--pdeathsig", "QUIT"]
        if self.user:
            own += [f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        return [*own, *command]

    def __enter__(self):
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        made = subprocess.run(self._as_server(self.initdb, "--pgdata", f"{self.folder}/data", "--username", "wadi", "--auth",
                                              "trust", "--no-locale", "--encoding", "UTF8", "--no-sync"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", check=False)
        if made.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            if "setpriv:" in made.stdout:
                _skip("root of a name space of its own cannot become another user")
            raise cases.Failed(made.stdout)
        self.start()
        return self

    def __exit__(self, *problem):
        if self.process:
            self.stop(signal.SIGQUIT)
        if problem[0] is not None and os.path.exists(f"{self.folder}/log"):
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
                print(f"---- what the server wrote\n{log.read()[-4000:]}\n----")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                self._as_server(self.postgres, "-D", f"{self.folder}/data", "-k", self.folder, "-c", "listen_addresses=", "-c",
                                "fsync=off", "-c", "shared_buffers=16MB", "-c", "log_min_messages=fatal"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        cases.wait_until(lambda: self._psql("SELECT 1").returncode == 0, "the server answers")

    def stop(self, number=signal.SIGINT):
        """SIGINT: at once, but in order; SIGQUIT: as in a crash."""
        self.process.send_signal(number)
        self.process.wait()
        self.process = None

    def _psql(self, sql):
        return subprocess.run([self.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.connection, "-c", sql],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)

    def query(self, sql):
        """What psql prints: rows as lines, with | between columns."""
        ran = self._psql(sql)
        if ran.returncode != 0:
            raise cases.Failed(f"{sql}\n{ran.stderr}")
        return ran.stdout.strip("\n")

# SPDX-License-Identifier: Apache-2.0
"""sandbox.py: a network and a file tree of the test's own.

The programs of the guide name ports and absolute paths (localhost:9999, /in, /tmp/joined). So a test calls
enter() first, which starts the script again in name spaces of its own: its loopback device has all ports free,
and its root folder is new: what the machine has is there, but /tmp is empty, and new folders can be made beside
it. Works as root, or where users may make name spaces; elsewhere the test is skipped, and says so."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

SKIPPED = 77  # Meson's status for a skipped test
MARK = "WADI_TEST_IN_SANDBOX"
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 0x1, 0x20, 0x1000, 0x4000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

libc = ctypes.CDLL(None, use_errno=True)


def enter(*own_folders):
    """From here on the script runs in the sandbox. own_folders: folders of the root that are to be new and
    empty, whether or not the machine has such. Files that the script's arguments name stay where they are.
    The working folder is a new one."""
    if MARK not in os.environ:
        arguments = [os.path.abspath(each) if os.path.exists(each) else each for each in sys.argv]
        os.execvp("unshare", ["unshare", *_how(), sys.executable, *arguments])
    _bring_up_loopback()
    builds = os.environ.get("WADI_BUILD_DIR", "")  # before the programs in it, which need its libraries too
    kept = [ROOT, *filter(os.path.exists, [builds, *sys.argv])]
    _change_root({name.strip("/").split("/")[0] for name in own_folders}, kept)
    for folder in own_folders:
        os.makedirs(folder)
    os.makedirs("/tmp/here")
    os.chdir("/tmp/here")


def name_hosts(*names):
    """Names of this machine, beside those that it has."""
    with open("/etc/hosts", encoding="utf-8") as hosts:
        text = hosts.read()
    own = os.path.abspath("hosts")
    with open(own, "w", encoding="utf-8") as hosts:
        hosts.write(text + "".join(f"127.0.0.1 {name}\n" for name in names))
    _mount(own, "/etc/hosts", None, MS_BIND)


def mount_small(folder, size_bytes):
    """A file system of its own that is soon full."""
    os.makedirs(folder, exist_ok=True)
    _mount(None, folder, "tmpfs", 0, f"size={size_bytes}")


def make_read_only(folder):
    """What mount_small() made."""
    _mount(None, folder, None, MS_REMOUNT | MS_RDONLY)


def _how():
    """The flags with which unshare works here."""
    os.environ[MARK] = "1"
    for flags in (["--mount", "--net"], ["--map-root-user", "--mount", "--net"]):
        if _works(["unshare", *flags, "true"]):
            return flags
    print("SKIPPED: needs root or user name spaces (unshare --map-root-user --mount --net)")
    sys.exit(SKIPPED)


def _works(command):
    try:
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def _bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def _mount(source, target, kind, flags, data=None):
    given = [None if text is None else text.encode() for text in (source, target, kind)]
    if libc.mount(*given, flags, None if data is None else data.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"cannot mount {source or kind} on {target}: {os.strerror(error)}")


def _mount_point(kept):
    """A folder that can be covered for a while."""
    for folder in ("/mnt", "/media", "/srv", "/opt", "/home"):
        if os.path.isdir(folder) and not any(path.startswith(folder + "/") for path in kept):
            return folder
    raise OSError("no folder to mount a new root on")


def _change_root(left_out, kept):
    """A new root, in which everything of the old one is, save /tmp and what is left out."""
    root = _mount_point(kept)
    _mount("none", root, "tmpfs", 0)
    for entry in os.scandir("/"):
        if entry.path in ("/tmp", root) or entry.name in left_out:
            continue
        here = os.path.join(root, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), here)
        elif entry.is_dir():
            os.mkdir(here)
            _mount(entry.path, here, None, MS_BIND | MS_REC)
    os.mkdir(root + "/tmp", 0o1777)
    for path in kept:  # which may lie below /tmp
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        if not os.path.exists(root + folder):
            os.makedirs(root + folder)
            _mount(folder, root + folder, None, MS_BIND | MS_REC)
    os.chroot(root)
    os.chdir("/")

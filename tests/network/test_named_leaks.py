"""A hundred times create, connect, publish, kill -9: no namespace, process, address, port or file is left."""

import json
import os
import select
import signal
import socket
import sqlite3
from collections.abc import Iterator

import pytest

from tests.commandline import CommandLine
from tests.repeat import times

pytestmark = [pytest.mark.real, pytest.mark.serial, pytest.mark.slow, pytest.mark.single_id, pytest.mark.as_root]
PORT = 28080
PATIENCE = 10.0


class Trace:
    """What was there while a container lived, by what cannot be mistaken for another's."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.namespaces: set[int] = set()
        self.pids: set[int] = set()

    def take(self, pid: int) -> None:
        """Note a container's network namespace and those of its networks."""
        self.pids.add(pid)
        self.namespaces.add(os.stat(f"/proc/{pid}/ns/net").st_ino)
        with sqlite3.connect(f"{self.root}/hull.db") as db:
            spaces = [str(row[0]) for row in db.execute("SELECT space FROM endpoints")]
        self.namespaces |= {int(space.split()[0]) for space in spaces} - {0}

    def left(self) -> list[str]:
        """Return the processes of this store, and whoever still has one of the namespaces."""
        return [
            f"{pid}: {what}" for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) for what in self._of(pid)
        ]

    def _of(self, pid: int) -> Iterator[str]:
        if pid == os.getpid():
            return
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                environ = file.read().split(b"\0")
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
            links = [f"/proc/{pid}/ns/net", *(f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd"))]
        except OSError:
            return
        if f"HULL_ROOT={self.root}".encode() in environ:
            yield " ".join(words)
        if any(f"/proc/{other}/ns/net" in words for other in self.pids):
            yield "an uplink"
        for link in links:
            try:
                if os.stat(link).st_ino in self.namespaces and ("ns/net" in link or "net:" in os.readlink(link)):
                    yield link
            except OSError:
                continue


def gone(pid: int) -> None:
    """Kill a process and wait for its end."""
    end = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([end], [], [], PATIENCE)[0]
    os.close(end)


def settled(trace: Trace) -> list[str]:
    """Return what is left once those that were killed had their time."""
    import time

    until = time.monotonic() + PATIENCE
    while (found := trace.left()) and time.monotonic() < until:
        time.sleep(0.05)  # a holder's end, an uplink's: no event of theirs is ours to wait for
    return found


@pytest.mark.needs("tun", "program:slirp4netns")
def test_create_connect_publish_kill(fresh_cli: CommandLine) -> None:
    cli, trace = fresh_cli, Trace(fresh_cli.root)
    cli("network", "create", "--subnet", "10.123.0.0/24", "stays", check=True)
    for number in range(times(10, 100)):
        cli("network", "create", "goes", check=True)
        words = ("--network", "goes", "-p", f"127.0.0.1:{PORT}:80", "--restart", "always", "busybox", "sleep", "1000")
        cli("run", "-d", "--name", "box", *words, check=True)
        cli("network", "connect", "stays", "box", check=True)
        document = json.loads(cli("inspect", "box", check=True).stdout)[0]
        assert document["NetworkSettings"]["Networks"]["stays"]["IPAddress"] == "10.123.0.2", number
        trace.take(document["State"]["Pid"])
        gone(document["Hull"]["Monitor"] if number % 2 else document["State"]["Pid"])
        if not number % 2:
            cli("kill", "box")  # the monitor was about to start it again
        cli("rm", "-f", "box", check=True)
        cli("network", "rm", "goes", check=True)
        with socket.create_server(("127.0.0.1", PORT)):
            pass
    assert settled(trace) == []
    with sqlite3.connect(f"{cli.root}/hull.db") as db:
        assert db.execute("SELECT * FROM endpoints").fetchall() == []
        assert db.execute("SELECT name FROM networks").fetchall() == [("stays",)]
    assert os.listdir(f"{cli.root}/containers") == []
    beside = [name for name in os.listdir(f"{cli.root}/run") if os.path.isdir(f"{cli.root}/run/{name}")]
    assert beside == []
    assert json.loads(cli("network", "inspect", "stays", check=True).stdout)[0]["Containers"] == {}

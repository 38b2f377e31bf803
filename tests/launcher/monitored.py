"""A detached container of plain files: the usual box, the monitor's ops, and ways to see what it does."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hull.runtime.control import Control, connect, path

from tests.launcher.conftest import Box, Op
from tests.waiting import PATIENCE, until

SANITIZED = pytest.mark.skipif("asan" in os.environ.get("HULL_LAUNCHER", ""), reason="sanitizers keep their own books")


class Entry(NamedTuple):
    """One line of a log."""

    stream: str
    data: bytes
    line: dict[str, str]


class Monitored:
    """A box whose container has a monitor: everything lies in the box's own directory."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.log = f"{box.base}/log.json"

    def plan(self, *words: str, monitor: tuple[Op, ...] = (), **how: Any) -> list[Op]:
        """Return the plan of a detached container; `monitor` ops come before the usual ones."""
        given = {op[0] for op in monitor}
        usual = (("log", "json-file", self.log, "0", "1"), ("restart", "no", "0"), ("stop", "15", "10000"))
        first, *rest = self.box.plan(*words, **how)
        return [
            first, ("monitor", path(self.box.base)), *monitor, *(op for op in usual if op[0] not in given), *rest,
        ]  # fmt: skip

    def start(self, *words: str, code: int = 0, **how: Any) -> str:
        """Start it and return what was said; the starter's own exit status must be `code`."""
        child = self.box.start(
            self.plan(*words, **how), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = child.communicate(timeout=PATIENCE)
        assert (child.returncode, out) == (code, b""), (child.returncode, err)
        return err.decode()

    def sh(self, script: str, **how: Any) -> str:
        """Start a shell script."""
        return self.start("sh", "-c", script, **how)

    @property
    def control(self) -> Control:
        """Return the way to talk to the monitor, which must be there."""
        control = connect(self.box.base)
        assert control, self.box.events()
        return control

    def await_event(self, wanted: str | Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first line of the status file that is wanted, as soon as it is there."""
        return self.box.await_event(wanted)

    def end(self) -> dict[str, Any]:
        """Wait for the monitor's own end and return the last exit."""
        self.await_event("ended")
        return next(event for event in reversed(self.box.events()) if event["event"] == "exit")

    def await_clients(self, number: int) -> None:
        """Wait until as many are attached."""
        until(lambda: self.control.state()["attached"] == number, f"{number} to be attached")

    def await_text(self, wanted: str) -> None:
        """Wait until standard output has that in the log."""
        until(lambda: wanted in self.text(), self.text)

    def pids(self) -> dict[str, int]:
        """Return the pids of monitor, launcher and init."""
        state = self.control.state()
        return {name: state[name] for name in ("monitor", "launcher", "init")}

    def entries(self, number: int = 0) -> list[Entry]:
        """Return the log's lines, of the file with that number."""
        with open(f"{self.log}.{number}" if number else self.log, "rb") as file:
            return list(entries(file))

    def text(self, stream: str = "stdout") -> str:
        """Return what a stream has in the log."""
        return b"".join(entry.data for entry in self.entries() if entry.stream == stream).decode()


def entries(lines: Iterator[bytes]) -> Iterator[Entry]:
    """Read json-file lines as every reader must: the exact bytes are in `raw` where it is there."""
    import base64

    for text in lines:
        line = json.loads(text)
        data = base64.b64decode(line["raw"]) if "raw" in line else line["log"].encode()
        yield Entry(line["stream"], data, line)


def packets(connection: socket.socket) -> Iterator[bytes]:
    """Give the monitor's packets until it closes."""
    connection.settimeout(PATIENCE)
    while packet := connection.recv(64 << 10):
        yield packet


def own(*pids: int) -> int:
    """Return the KiB that these processes alone hold: anonymous memory, what they share with others by its share."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    return total


def await_less(pid: int, most: int) -> None:
    """Wait until a process holds less than that."""
    until(lambda: own(pid) <= most, lambda: f"{own(pid)} KiB to become {most}")

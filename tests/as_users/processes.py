"""What runs below a process or in its session: told before it is ended, so that a hang has a name."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import NamedTuple

RUNNING = "[pytest-xdist running] "  # a worker's title while a test runs


class Process(NamedTuple):
    """One process as /proc shows it; `place` is where it waits in the kernel."""

    pid: int
    parent: int
    session: int
    state: str
    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.pid} {self.state} {self.place}: {self.words}"


def family(leader: int) -> list[tuple[int, Process]]:
    """Return (depth, process) of the leader, of all below it and of those of its session that lost their parent."""
    found = {process.pid: process for process in _all()}
    seen: dict[int, int] = {}
    stray = [process.pid for process in found.values() if process.session == leader]
    for start in (leader, *stray):
        todo = [(0, start)] if start in found else []
        while todo:
            depth, pid = todo.pop()
            if pid not in seen:
                seen[pid] = depth
                todo += [(depth + 1, child.pid) for child in found.values() if child.parent == pid]
    return [(depth, found[pid]) for pid, depth in seen.items()]


def tests_of(members: list[tuple[int, Process]]) -> list[str]:
    """Return the tests that pytest's workers among these are at."""
    titles = (process.words for _, process in members)
    return [title.removeprefix(RUNNING) for title in titles if title.startswith(RUNNING)]


def end(leader: int, seconds: float = 10) -> list[Process]:
    """Kill the leader and its family; return whoever is left when the time is over. The leader's caller reaps it."""
    deadline = time.monotonic() + seconds
    while living := [process for _, process in family(leader) if process.state != "Z"]:
        if time.monotonic() > deadline:
            return living
        for process in living:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.01)  # their children may be born or orphaned meanwhile
    return []


def _all() -> Iterator[Process]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            name_and_rest = _read(f"/proc/{name}/stat")
            state, parent, _, session, *_ = name_and_rest.rpartition(")")[2].split()
            words = _read(f"/proc/{name}/cmdline").replace("\0", " ").strip()
            comm = name_and_rest.partition("(")[2].rpartition(")")[0]
            yield Process(int(name), int(parent), int(session), state, _place(name), words or f"[{comm}]")


def _place(pid: str) -> str:
    try:
        return _read(f"/proc/{pid}/wchan") or "-"
    except OSError:
        return "?"


def _read(path: str) -> str:
    with open(path, errors="surrogateescape") as file:
        return file.read()

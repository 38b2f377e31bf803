"""What `ps -a`, the store and /proc say of the same containers, and where they differ."""

import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any

from tests.commandline import CommandLine

PATIENCE = 20.0  # seconds in which a restart, or the end of what was killed, comes to rest
LINE = re.compile(rb"line (\d+) of [0-9a-f]{12}\n")
ATTEMPTS = 5
AT_REST = ("created", "exited", "running", "dead")  # dead: who removed it was killed, rm takes the rest
LIVING = ("running", "paused")


def containers(cli: CommandLine) -> list[dict[str, Any]]:
    """Return id, name, state and pid of every container."""
    found: list[dict[str, Any]] = []
    for _ in range(ATTEMPTS):  # one that is removed in between ends the inspection
        ids = cli("ps", "-a", "-q", "--no-trunc", check=True).stdout.decode().split()
        done = cli("inspect", "--type", "container", *ids) if ids else None
        if done is None or done.returncode == 0:
            found = json.loads(done.stdout) if done else []
            break
    else:
        raise AssertionError(f"ps -a names what inspect does not find: {done.stderr.decode() if done else ''}")
    return [{"id": c["Id"], "name": c["Name"], "state": c["State"]["Status"], "pid": c["State"]["Pid"]} for c in found]


def programs(mark: str) -> dict[int, str]:
    """Return the processes inside the storm's containers, each with its container's short id."""
    found = {}
    for pid, environ in _environments():
        if mark.encode() in environ:
            names = dict(entry.partition(b"=")[::2] for entry in environ)
            found[pid] = names.get(b"HOSTNAME", b"").decode()
    return found


def processes(root: str) -> list[int]:
    """Return hull's own native processes over this store: monitors and launchers."""
    asked = f"HULL_ROOT={root}".encode()
    return [pid for pid, environ in _environments() if asked in environ and _is_native(pid)]


def agreement(cli: CommandLine, mark: str) -> list[str]:
    """Return what differs once everything has come to rest."""
    until = time.monotonic() + PATIENCE
    while True:
        wrong = list(_differences(cli, mark))
        if not wrong or time.monotonic() > until:
            return wrong
        time.sleep(0.5)


def sequences(cli: CommandLine) -> Iterator[str]:
    """Yield every container whose log lacks a line: each run counts from one, without a gap."""
    for row in containers(cli):
        done = cli("logs", row["name"].lstrip("/"))
        expected = 1
        for number in (int(found) for found in LINE.findall(done.stdout)):
            if number not in (expected, 1):
                yield f"{row['name']}: line {number} follows line {expected - 1} in its log"
                break
            expected = number + 1


def leftovers(cli: CommandLine, mark: str) -> Iterator[str]:
    """Yield what is left of a store whose containers were all removed."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and (programs(mark) or processes(cli.root)):
        time.sleep(0.1)
    if left := programs(mark):
        yield f"processes of removed containers: {left}"
    if own := processes(cli.root):
        yield f"processes of hull: {own}"
    if rows := containers(cli):
        yield f"rows: {rows}"
    if directories := os.listdir(f"{cli.root}/containers"):
        yield f"directories: {directories}"


def _differences(cli: CommandLine, mark: str) -> Iterator[str]:
    rows = containers(cli)
    inside = programs(mark)
    alive = {row["id"][:12] for row in rows if row["state"] in LIVING}
    for row in rows:
        if row["state"] in LIVING and not os.path.isdir(f"/proc/{row['pid']}"):
            yield f"{row['name']} is {row['state']}, but its process {row['pid']} does not exist"
        if row["state"] in LIVING and row["id"][:12] not in inside.values():
            yield f"{row['name']} is {row['state']}, but no program runs in it"
    for pid, ident in inside.items():
        if ident not in alive:
            yield f"process {pid} runs in {ident}, which is not a running container"
    directories = set(os.listdir(f"{cli.root}/containers"))
    if directories != {row["id"] for row in rows}:
        yield f"the store and ps -a differ by {sorted(directories ^ {row['id'] for row in rows})}"
    if moving := [row for row in rows if row["state"] not in AT_REST]:
        yield f"not at rest: {moving}"


def _environments() -> Iterator[tuple[int, list[bytes]]]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                yield int(name), file.read().split(b"\0")
        except OSError:
            continue


def _is_native(pid: int) -> bool:
    try:
        return "hull-launch" in os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return False

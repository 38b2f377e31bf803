"""A control socket in the abstract namespace can be reached by a container on the host's network."""

import os
import socket

import pytest

from tests.cases.conftest import Up

LISTENING = "00010000"


@pytest.mark.parametrize("network", ["none", pytest.param("slirp4netns", marks=pytest.mark.needs("tun"))])
def test_cve_2020_15257_nothing_of_ours_listens_on_an_abstract_name(up: Up, network: str) -> None:
    process = up("cve-listen", "echo up; cat", "--network", network)
    family = _family(process.pid)
    assert len(family) >= 3, "the launcher, its init and the program"
    ours = set().union(*(_sockets(pid) for pid in family))
    assert {name for inode, name in _listeners().items() if inode in ours and not name.startswith("/")} == set()


def test_cve_2020_15257_such_a_listener_would_be_seen() -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0hull-test-{os.getpid()}")
        listener.listen()
        ours = _sockets(os.getpid())
        assert f"@hull-test-{os.getpid()}" in {name for inode, name in _listeners().items() if inode in ours}


def _listeners() -> dict[str, str]:
    """Return the names of listening sockets by inode; an abstract one begins with @."""
    with open("/proc/net/unix") as file:
        rows = [line.split() for line in file.read().splitlines()[1:]]
    return {row[6]: row[7] if len(row) > 7 else "" for row in rows if row[3] == LISTENING}


def _family(pid: int) -> set[int]:
    """Return the process and all its descendants."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _sockets(pid: int) -> set[str]:
    """Return the inodes of a process's sockets; none where they may not be looked at."""
    found = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{name}")
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except (FileNotFoundError, PermissionError):
        return found
    return found

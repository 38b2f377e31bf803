"""A control socket in the abstract namespace can be reached by a container on the host's network."""

import os

from tests.cases.conftest import Up


def test_cve_2020_15257_no_process_of_ours_listens_on_an_abstract_name(up: Up) -> None:
    before = _abstract()
    up("cve-abstract", "echo up; cat")
    assert _abstract() - before == set()


def test_cve_2020_15257_nothing_listens_at_all_for_a_foreground_container(up: Up) -> None:
    process = up("cve-listen", "echo up; cat")
    inodes = {line.split()[6] for line in _table()[1:] if line.split()[3] == "00010000"}
    assert _sockets(process.pid) & inodes == set()


def _table() -> list[str]:
    with open("/proc/net/unix") as file:
        return file.read().splitlines()


def _abstract() -> set[str]:
    return {line.split()[7] for line in _table()[1:] if len(line.split()) > 7 and line.split()[7].startswith("@hull")}


def _sockets(pid: int) -> set[str]:
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{name}")
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found

"""Who has a port of this machine: what /proc tells the caller, which of others' processes is nothing."""

import os
from contextlib import suppress

_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6"), "sctp": ()}
_LISTENS = {"tcp": "0A", "udp": "07"}


def find(protocol: str, number: int) -> str:
    """Return `NAME (process PID)` of a process that listens there, "" where none is seen."""
    links = {f"socket:[{inode}]" for inode in _inodes(protocol, number)}
    for pid in filter(str.isdecimal, os.listdir("/proc")) if links else ():
        if links & _links(f"/proc/{pid}/fd"):
            return f"{_name(pid)} (process {pid})"
    return ""


def _inodes(protocol: str, number: int) -> set[str]:
    found = set()
    for table in _TABLES[protocol]:
        try:
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            continue
        found |= {row[9] for row in rows if row[3] == _LISTENS[protocol] and row[1].endswith(f":{number:04X}")}
    return found - {"0"}


def _links(directory: str) -> set[str]:
    found = set()
    with suppress(OSError):  # another user's, or gone
        for name in os.listdir(directory):
            with suppress(OSError):  # the listing's own, closed since
                found.add(os.readlink(f"{directory}/{name}"))
    return found


def _name(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"

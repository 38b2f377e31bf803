"""Who has a port of this machine: what /proc tells the caller, which of others' processes is nothing."""

import errno
import os
from contextlib import suppress

from hull.errors import HostError
from hull.model import Port

_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6"), "sctp": ()}
_LISTENS = {"tcp": "0A", "udp": "07"}


class InUse(HostError):  # noqa: N818 (what it says)
    """Somebody has the port already; `port` is the one that was asked, its number tried last."""

    def __init__(self, message: str, hint: str, port: Port) -> None:
        super().__init__(message, hint)
        self.port = port


def refusal(port: Port, number: int, error: OSError) -> HostError:
    """Return why a port cannot be published, and by whom it is taken."""
    place = f"[{port.address}]:{number}" if ":" in port.address else f"{port.address or '*'}:{number}"
    message = f"cannot publish port {port.container} on {place}: {os.strerror(error.errno or 0)}"
    if error.errno == errno.EADDRNOTAVAIL:
        return HostError(message, "name an address of this machine, or leave it out for all of them")
    if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
        return HostError(message, f"this kernel has no {port.protocol}; as root: modprobe {port.protocol}")
    if error.errno != errno.EADDRINUSE:
        return HostError(message, "check the address")
    holder = find(port.protocol, number)
    hint = f"find who has it: ss -lntup sport = :{number}; or leave the choice: -p {port.container}"
    return InUse(f"{message}{f' by {holder}' if holder else ''}", hint, port._replace(host=number))


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

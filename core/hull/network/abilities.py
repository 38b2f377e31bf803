"""Try what networks of one's own and policies need of the kernel: `python -m hull.network.abilities ABILITY DIRECTORY`.

To be run as root of a user namespace. Exit 0 is success; otherwise the last line printed is the reason.
"""

import os
import socket
import struct
import sys
from collections.abc import Callable

from hull.kernel import syscalls as sc
from hull.network import egress
from hull.network.backend import Around
from hull.network.netlink import ERROR, Netlink, Veth

NETLINK_NETFILTER = 12
MAC = "02:00:00:00:00:01"


def bridge() -> None:
    """Make a bridge, and a pair of interfaces from it into another network namespace."""
    sc.unshare(sc.CLONE_NEWNET)
    inside = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    sc.unshare(sc.CLONE_NEWNET)
    link = Netlink(socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM).detach())
    link.veth(Veth("pair", link.bridge("br0"), "eth0", MAC, inside))


def egress_filter() -> None:
    """Put a policy's rules in force in a network namespace."""
    sc.unshare(sc.CLONE_NEWNET)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        for batch in egress.table((egress.DNS, "192.0.2.1:443"), Around(nameservers=("192.0.2.53",))).batches():
            kernel.send(batch)
            _hear(kernel)


def _hear(kernel: socket.socket) -> None:
    """Read every answer: once `send` returns, all are there."""
    while True:
        try:
            answer = kernel.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        _, kind, _, _, _, code = struct.unpack_from("=IHHIIi", answer)
        if kind == ERROR and code:
            raise OSError(-code, os.strerror(-code))


ABILITIES: dict[str, Callable[[], None]] = {"bridge": bridge, "egress": egress_filter}


def main(ability: str, _directory: str) -> int:
    """Try one."""
    try:
        ABILITIES[ability]()
    except OSError as error:
        print(error.strerror or error)  # noqa: T201 (the parent reads it)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

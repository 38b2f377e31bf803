"""Whether this network namespace has a way out. Reads what the kernel says, sends nothing."""

from hull.light import NamedTuple


class Routes(NamedTuple):
    """Whether there is a default route, of each family."""

    v4: bool = False
    v6: bool = False


def read() -> Routes:
    """Return the default routes of this process's network namespace."""
    v4 = [(row[1], row[7], row[0]) for row in _rows("/proc/net/route")]  # destination, mask, interface
    v6 = [(row[0], row[1], row[9]) for row in _rows("/proc/net/ipv6_route")]  # destination, prefix length, interface
    return Routes(_default(v4), _default(v6))


def occupied() -> list[str]:
    """Return the IPv4 networks that this process's routes lead to, the default route left out."""
    import socket
    import struct

    found = []
    for row in _rows("/proc/net/route")[1:]:
        network, mask = (socket.inet_ntoa(struct.pack("=I", int(word, 16))) for word in (row[1], row[7]))
        if mask != "0.0.0.0":  # noqa: S104 (compared)
            found.append(f"{network}/{mask}")
    return found


def outside() -> str:
    """Return the host's address on the way to the default route, "" where there is none. Sends nothing."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


def gateway() -> str:
    """Return the IPv4 gateway of the default route, "" where there is none."""
    for row in _rows("/proc/net/route"):
        if _default([(row[1], row[7], row[0])]) and row[2].strip("0"):
            return ".".join(str(byte) for byte in reversed(bytes.fromhex(row[2])))
    return ""


def _default(rows: list[tuple[str, str, str]]) -> bool:
    return any(not destination.strip("0") + prefix.strip("0") and name != "lo" for destination, prefix, name in rows)


def _rows(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8") as file:
            return [line.split() for line in file]
    except OSError:
        return []

"""Whether this network namespace has a way out. Reads what the kernel says, sends nothing."""

from typing import NamedTuple


class Routes(NamedTuple):
    """Whether there is a default route, of each family."""

    v4: bool = False
    v6: bool = False


def read() -> Routes:
    """Return the default routes of this process's network namespace."""
    v4 = [(row[1], row[7], row[0]) for row in _rows("/proc/net/route")]  # destination, mask, interface
    v6 = [(row[0], row[1], row[9]) for row in _rows("/proc/net/ipv6_route")]  # destination, prefix length, interface
    return Routes(_default(v4), _default(v6))


def _default(rows: list[tuple[str, str, str]]) -> bool:
    return any(not destination.strip("0") + prefix.strip("0") and name != "lo" for destination, prefix, name in rows)


def _rows(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="ascii") as file:
            return [line.split() for line in file]
    except OSError:
        return []

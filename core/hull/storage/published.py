"""The ports of a container's last start, with every host port chosen: a file in its directory, one line a port."""

import os

from hull.model import Port

_FILE = "ports"


def record(directory: str, ports: tuple[Port, ...]) -> None:
    """Write what a start published, whole, in place of what an earlier one did."""
    path = f"{directory}/{_FILE}"
    if not ports and not os.path.exists(path):
        return
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.writelines(f"{p.container} {p.host} {p.protocol} {p.address}\n" for p in ports)
    os.rename(f"{path}.new", path)


def read(directory: str) -> tuple[Port, ...]:
    """Return what the last start published; nothing where it published nothing, or there was none."""
    try:
        with open(f"{directory}/{_FILE}", encoding="ascii") as file:
            rows = [line.rstrip("\n").split(" ") for line in file]
    except FileNotFoundError:
        return ()
    return tuple(Port(int(inside), int(host), protocol, address) for inside, host, protocol, address in rows)

"""The ports of a container's last start, with every host port chosen: a file in its directory, one line a port.

A line says, too, whether a program inside sees who called, and, of a port that was added while the container ran, which
process was its first: with that one the port has gone.
"""

import os

from hull.light import NamedTuple
from hull.model import Port

_FILE = "ports"


class Published(NamedTuple):
    """A port as it is published. `keeps_source` where a program inside sees the client's own address."""

    port: Port
    keeps_source: bool = True
    until: str = ""


def record(directory: str, ports: tuple[Published, ...]) -> None:
    """Write what is published, whole, in place of what was."""
    path = f"{directory}/{_FILE}"
    if not ports and not os.path.exists(path):
        return
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.writelines(
            f"{p.container} {p.host} {p.protocol} {p.address} {int(keeps)} {until}\n" for p, keeps, until in ports
        )
    os.rename(f"{path}.new", path)


def kept(directory: str) -> bool:
    """Whether any start has published, or a port was added since."""
    return os.path.exists(f"{directory}/{_FILE}")


def entries(directory: str, first: str = "") -> tuple[Published, ...]:
    """Return what is published while `first` is the container's first process; nothing where nothing was."""
    try:
        with open(f"{directory}/{_FILE}", encoding="ascii") as file:
            rows = [line.rstrip("\n").split(" ") for line in file]
    except FileNotFoundError:
        return ()
    found = [
        Published(Port(int(inside), int(host), protocol, address), [*more, "1"][0] == "1", " ".join(more[1:]))
        for inside, host, protocol, address, *more in rows
    ]
    return tuple(one for one in found if one.until in ("", first))


def read(directory: str, first: str = "") -> tuple[Port, ...]:
    """Return the ports alone."""
    return tuple(one.port for one in entries(directory, first))

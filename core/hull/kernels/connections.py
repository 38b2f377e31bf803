"""How a client reaches the kernel: Jupyter's connection file, and its twin inside the container.

A place is RUNTIME/kernels/<id>, held by a lock while the kernel lives: the connection file as the kernel reads it and
the sockets that it binds, `s-1` to `s-5`. Mounted at INSIDE. A socket's path has 107 bytes at most, outside too.
"""

import os

from hull.abandoned import sweep
from hull.errors import HostError, UserError
from hull.light import Any, NamedTuple

INSIDE = "/run/hull-kernel"
SOCKET = "s"
CHANNELS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
LONGEST = 107 - len("/s-5")


class Connection(NamedTuple):
    """What the client asked for: `ports` are TCP's on `address`, or () where it uses the place's own sockets."""

    place: str
    address: str
    ports: tuple[int, ...]


def asked(path: str, kernels: str) -> tuple[Connection, dict[str, Any]]:
    """Return the connection of a client's file, and the file for the kernel."""
    import json

    try:
        with open(path, encoding="utf-8") as file:
            given = json.load(file)
        transport, address = given["transport"], given["ip"]
        ports = tuple(int(given[channel]) for channel in CHANNELS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"cannot read the connection file {path}: {error}", "Jupyter writes it: jupyter console --kernel NAME"
        ) from None
    if transport == "ipc":
        place, _, name = address.rpartition("/")
        if name != SOCKET or os.path.dirname(place) != kernels:
            raise UserError(f"cannot use sockets at {address}", "leave the place of the sockets to hull's provisioner")
        connection = Connection(place, "", ())
    else:
        ident = "".join(c for c in os.path.basename(path) if c.isalnum())[-24:]
        connection = Connection(checked(f"{kernels}/{ident}"), address, ports)
        given |= {channel: number for number, channel in enumerate(CHANNELS, 1)}
    return connection, {**given, "transport": "ipc", "ip": f"{INSIDE}/{SOCKET}"}


def checked(place: str) -> str:
    """Return a place whose sockets have names that are short enough."""
    if len(os.fsencode(place)) > LONGEST:
        raise HostError(
            f"cannot put sockets in {place}: their names would be too long",
            "set XDG_RUNTIME_DIR or a shorter HULL_ROOT",
        )
    return place


class Place:
    """A connection's directory, made and held in a `with`, gone afterwards; what a killed one left goes with it."""

    def __init__(self, path: str, owner: tuple[int, int] | None) -> None:
        self.path = path
        self._owner = owner
        self._lock = -1

    def __enter__(self) -> None:
        parent = os.path.dirname(self.path)
        os.makedirs(parent, 0o711, exist_ok=True)
        gate = _locked(parent)
        try:
            sweep(parent, _remove)
            os.mkdir(self.path, 0o700)
            self._lock = _locked(self.path)
        except FileExistsError:
            raise HostError("cannot start the kernel: one runs with this connection", "restart it in Jupyter") from None
        finally:
            os.close(gate)
        if self._owner is not None:
            os.chown(self.path, *self._owner)

    def write(self, made: dict[str, Any]) -> None:
        """Write the kernel's connection file: it holds the key, nobody else may read it."""
        import json

        path = f"{self.path}/connection.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        if self._owner is not None:
            os.chown(path, *self._owner)

    def __exit__(self, *_: object) -> None:
        _remove(self.path)
        os.close(self._lock)


def _locked(path: str) -> int:
    import fcntl

    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def _remove(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)

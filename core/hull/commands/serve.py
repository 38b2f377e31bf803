"""hull serve: Docker's API over the verbs, for as long as somebody asks."""

from hull.commands import _serving
from hull.commands._serving import Joined
from hull.commands._verb import Flag
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, NamedTuple


class Tcp(NamedTuple):
    """A door for other machines: an address, and the files by which both sides are known."""

    host: str
    port: int
    authority: str
    certificate: str
    key: str


class Served(NamedTuple):
    """What a front is to serve: where, and after how many idle seconds it ends (0: never).

    With `leash` it ends with its standard input, too. `limits` is what becomes of limits that no control group can
    hold: refuse, warn.
    """

    engine: Engine
    path: str
    idle: float
    tcp: Tcp | None = None
    leash: bool = False
    limits: str = "refuse"

    @property
    def served(self) -> str:
        """A front knows it by that."""
        return self.path


def serve(
    engine: Engine,
    *,
    host: Annotated[str, Flag("listen at this socket", "H", "unix://PATH")] = "",
    idle: Annotated[str, Flag("end after so long without a request; 0: never", metavar="SPAN")] = "60s",
    detach: Annotated[bool, Flag("leave it to itself once it listens: eval $(hull serve -d)", "d")] = False,
    leash: Annotated[bool, Flag("end with standard input, too")] = False,
    session: Annotated[bool, Flag("xonsh, IPython: serve for as long as this shell lives, set DOCKER_HOST")] = False,
    stdio: Annotated[bool, Flag("join standard input and output to the server, started where none is")] = False,
    tcp: Annotated[str, Flag("listen here, too; needs the three files", metavar="HOST:PORT")] = "",
    tlscacert: Annotated[str, Flag("who signs clients' certificates", metavar="FILE", complete="path")] = "",
    tlscert: Annotated[str, Flag("the server's certificate", metavar="FILE", complete="path")] = "",
    tlskey: Annotated[str, Flag("its key", metavar="FILE", complete="path")] = "",
    limits: Annotated[
        str, Flag("what a limit is that no control group can hold: an error, or a warning", choices=("refuse", "warn"))
    ] = "refuse",
    print_unit: Annotated[
        str, Flag("print a unit for systemd --user, start nothing", metavar="KIND", choices=("socket", "service"))
    ] = "",
) -> Served | list[str] | Joined:
    """Answer Docker's API on a unix socket of your own, until nobody asks any more."""
    from hull.units import read_span

    if session:
        raise UserError("cannot serve for a session: this shell has not loaded hull", "eval $(hull serve -d)")
    if print_unit:
        return _serving.unit(print_unit)
    path = _path(engine, host)
    door = _tcp(tcp, tlscacert, tlscert, tlskey)
    if stdio:
        return _serving.joined(engine, path)
    if detach:
        flags = [f"--{name}={value}" for name, value in _tls(tcp, tlscacert, tlscert, tlskey) if value]
        return [_serving.started(engine, path, f"--idle={idle}", f"--limits={limits}", *flags)]
    return Served(engine, path, read_span(idle), door, leash, limits)


def _path(engine: Engine, host: str) -> str:
    """Return the socket's path: what -H names, or the user's own place."""
    import os

    if "://" in host and not host.startswith("unix://"):
        raise UserError(f"cannot listen at {host!r}: only unix://PATH", "--tcp HOST:PORT, with certificates, is TCP")
    return os.path.abspath(host.removeprefix("unix://")) if host else _serving.socket_of(engine)


def _tls(tcp: str, authority: str, certificate: str, key: str) -> tuple[tuple[str, str], ...]:
    return ("tcp", tcp), ("tlscacert", authority), ("tlscert", certificate), ("tlskey", key)


def _tcp(tcp: str, *files: str) -> Tcp | None:
    """Return the door that was asked for. Without certificates: who reaches the port would be its owner."""
    import os

    if not tcp:
        if any(files):
            raise UserError("cannot use --tlscacert, --tlscert, --tlskey without --tcp", "hull serve --tcp HOST:PORT …")
        return None
    if not all(files):
        raise UserError(
            f"cannot listen at {tcp} without certificates: whoever reaches the port could run anything as you",
            "add --tlscacert, --tlscert and --tlskey; over ssh no port is needed: DOCKER_HOST=ssh://HOST",
        )
    host, colon, port = tcp.removeprefix("tcp://").rpartition(":")
    if not (colon and host and port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise UserError(f"cannot listen at {tcp!r}: no HOST:PORT", "hull serve --tcp 192.0.2.1:2376 …")
    return Tcp(host.strip("[]"), int(port), *map(os.path.abspath, files))

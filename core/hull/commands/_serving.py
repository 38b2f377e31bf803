"""Reach the server of this user's API: the one that runs, else one that is started."""

import os
import socket
import sys

from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from subprocess import Popen

HOLD = b"POST /hull/hold HTTP/1.1\r\nHost: hull\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
TRIES = 3
PIECE = 64 << 10
UNITS = {
    "socket": """[Unit]
Description=Docker's API, answered by hull

[Socket]
ListenStream=%t/hull/docker.sock
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
""",
    "service": """[Unit]
Description=Docker's API, answered by hull
Requires=hull.socket

[Service]
{environment}ExecStart={command} serve
KillMode=process
Delegate=yes
""",
}


class Program(NamedTuple):
    """A program that the caller's process is to become; `words` are the hull line that asked for it."""

    words: tuple[str, ...]
    argv: tuple[str, ...]
    environ: dict[str, str]
    fds: tuple[int, ...]

    def passed(self) -> NoReturn:
        """Become it."""
        for fd in self.fds:
            os.set_inheritable(fd, True)
        os.execve(self.argv[0], self.argv, self.environ)  # noqa: S606 (that is what is asked)


class Joined(NamedTuple):
    """Standard input and output, to be joined to a connection."""

    words: tuple[str, ...]
    connection: socket.socket
    held: socket.socket

    def passed(self) -> int:
        """Carry bytes both ways until the server has no more; return the exit code."""
        import threading

        threading.Thread(target=_carry_in, args=(self.connection,), daemon=True).start()
        while data := self.connection.recv(PIECE):
            _write(1, data)
        return 0


def _carry_in(connection: socket.socket) -> None:
    from contextlib import suppress

    with suppress(OSError):
        while data := os.read(0, PIECE):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def socket_of(engine: Engine) -> str:
    """Return where the user's own server listens unless another place is named."""
    return f"{engine.paths.runtime}/docker.sock"


def unit(kind: str) -> list[str]:
    """Return the lines of one of the two units of systemd --user."""
    from hull.runtime import autostart

    words = {"environment": autostart.unit_environment(), "command": autostart.unit_command()}
    return UNITS[kind].format(**words).splitlines()


def joined(engine: Engine, path: str) -> Joined:
    """Return standard input and output joined to the server at `path`."""
    held = held_open(engine, path)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return Joined(("hull", "system", "dial-stdio"), connection, held)


def started(engine: Engine, path: str, *flags: str) -> str:
    """Return what a shell reads to use the server at `path`, started where none answers."""
    held_open(engine, path, *flags).close()
    from hull.commands._listening import exported

    return exported(path)


def held_open(engine: Engine, path: str, *flags: str) -> socket.socket:
    """Return a connection that keeps a server from ending, started where none answers."""
    from hull.state.locks import Lock

    for _ in range(TRIES):
        found = _hold(path)
        if found is None:
            with Lock(engine.paths.locks):
                found = _hold(path) or _hold_new(path, flags)
        if found is not None:
            return found
    raise HostError(f"cannot reach the server at {path}: it ends at once", "hull serve tells why")


def _hold(path: str) -> socket.socket | None:
    from hull.commands._listening import is_own

    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.connect(path)
        own = is_own(made)
        if own:
            made.sendall(HOLD)
            if made.recv(PIECE).startswith(b"HTTP/1.1 101 "):
                return made
    except OSError:
        own = True
    made.close()
    if not own:  # he would be told what engines are told: credentials, contexts of builds
        raise UserError(f"cannot use the server at {path}: it is another user's", "-H unix://PATH is another place")
    return None


def _hold_new(path: str, flags: tuple[str, ...]) -> socket.socket | None:
    spawn(path, *flags)
    return _hold(path)


def spawn(path: str, *flags: str, leash: bool = False) -> "Popen[bytes]":
    """Start a server in a process group of its own and return once it listens.

    With `leash` it ends when the standard input of what is returned is closed.
    """
    from subprocess import DEVNULL, PIPE, Popen
    from tempfile import TemporaryFile

    words = [sys.executable, "-P", "-m", "hull", "serve", "-H", f"unix://{path}", *flags]
    if leash:
        words.append("--leash")
    with TemporaryFile() as said:
        made = Popen(words, stdin=PIPE if leash else DEVNULL, stdout=PIPE, stderr=said, start_new_session=True)
        assert made.stdout is not None  # noqa: S101 (asked for above)
        with made.stdout as first:
            if first.readline():
                return made
        from hull.commands._elsewhere import failure

        code = made.wait()
        said.seek(0)
        raise failure(said.read().decode(errors="replace").splitlines(), code)

"""Start a container from a process of its own, where this one, a shell that goes on, would have to move."""

import os
import sys

from hull import paths
from hull.engine import Engine
from hull.errors import HostError
from hull.log import Event
from hull.runtime.detached import Client
from hull.state.containers import Container

OWN = "hull: "
CLIENTS = "HULL_CLIENTS"  # the other one's: FD:OPTIONS for each, with blanks between


def start(engine: Engine, row: Container, clients: tuple[Client, ...] = ()) -> None:
    """Start a container detached by another hull, and return once its program runs. Fails with that one's failure."""
    from subprocess import DEVNULL, PIPE, run

    engine.containers.desire(row, "stopped")  # else the other one thinks that this process is about to start it
    environ = dict(os.environ)
    if paths.find(environ) != engine.paths:
        environ["HULL_ROOT"] = engine.paths.data
    environ[CLIENTS] = " ".join(f"{fd}:{options}" for fd, options in clients)
    words = [sys.executable, "-P", "-m", "hull", "start", row.id]
    fds = tuple(client.fd for client in clients)
    done = run(words, env=environ, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, check=False, pass_fds=fds)
    lines = done.stderr.decode(errors="replace").splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith(OWN)]
    last = starts[-1] if done.returncode and starts else len(lines)
    for line in lines[:last]:
        _pass_on(engine, row, line)
    if done.returncode:
        raise failure(lines[last:], done.returncode)


def given() -> tuple[Client, ...]:
    """Return the clients that another hull gave this one for the start it asks for."""
    words = (word.partition(":") for word in os.environ.pop(CLIENTS, "").split())
    return tuple(Client(int(fd), options) for fd, _, options in words)


def failure(lines: list[str], code: int) -> HostError:
    """Return what another hull said at its end, as an error of this one."""
    first, *rest = lines or ["cannot start: nothing was said"]
    error = HostError(first.removeprefix(OWN), "\n".join(rest).strip().removeprefix("hint: "))
    error.exit_code = code if code > 0 else 128 - code
    return error


def launched(engine: Engine, row: Container) -> bool:
    """Whether its launcher has come as far as to say anything."""
    return os.path.exists(f"{engine.paths.container(row.id)}/status")


def _pass_on(engine: Engine, row: Container, line: str) -> None:
    text = line.removeprefix(OWN)
    kind = "warning" if text.startswith("warning: ") else "note"
    text = text.removeprefix("warning: ").removeprefix(f"{row.id}: ").removeprefix(f"{row.name}: ")
    if text:
        engine.events(Event(kind, row.name, text))

"""hull kill: send a signal to running containers."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.runtime import processes, signals

Many = tuple[str, ...]


def kill(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids of running containers", complete="container")],
    *,
    signal: Annotated[str, Flag("which signal", "s", "SIGNAL")] = "KILL",
) -> list[str]:
    """Send a signal to running containers."""
    number = signals.number(signal)
    for word in containers:
        row = engine.containers.find(word)
        status = engine.containers.status(row)
        if status.state != "running" or not processes.send(status.init, number):
            raise UserError(f"cannot kill {row.name}: it is not running", "hull ps lists the running ones")
    return list(containers)

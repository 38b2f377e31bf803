"""hull kill: send a signal to running containers."""

import signal as names

from hull.commands import _places
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.commands.rm import PATIENCE
from hull.engine import Engine
from hull.errors import Conflict
from hull.light import Annotated
from hull.runtime import control, detached, processes, signals
from hull.state import lifecycle
from hull.state.containers import Container
from hull.state.status import Status

Many = tuple[str, ...]


def kill(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids of running containers", complete="container")],
    *,
    signal: Annotated[str, Flag("which signal", "s", "SIGNAL")] = "KILL",
) -> list[str]:
    """Send a signal to running containers; what ends by KILL or its stop signal is not restarted."""
    number = signals.number(signal)
    return each(containers, lambda word: _kill(engine, word, number))


def _kill(engine: Engine, word: str, number: int) -> str:
    row = engine.containers.find(word)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "kill")
    final = number in (names.SIGKILL, signals.number(row.spec.stop_signal or "TERM"))
    if final:
        engine.containers.desire(row, "stopped")
    attributes = {**detached.attributes(row.spec, row.name), "signal": str(number)}
    engine.history.add("container", "kill", row.id, attributes)
    if not _send(engine, row, status, number, final=final):
        raise Conflict(f"cannot kill {row.name}: it is not running", "hull ps lists the running ones")
    if number == names.SIGKILL:
        processes.wait(status.parent, PATIENCE)
        _places.refresh(engine)
    return word


def _send(engine: Engine, row: Container, status: Status, number: int, *, final: bool) -> bool:
    monitor = control.connect(engine.paths.container(row.id))
    if monitor is None:
        return processes.send(status.init, number)
    try:
        if status.state == "restarting":
            return final and monitor.stop(number, 0) >= 0
        monitor.signal(number, restart=not final)
    except control.Gone:
        return False
    return True

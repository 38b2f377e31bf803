"""hull stop: ask containers to end, then end them."""

import signal

from hull.commands import _places
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.commands.rm import PATIENCE, kill
from hull.engine import Engine
from hull.light import Annotated
from hull.runtime import control, detached, processes, signals
from hull.state import lifecycle
from hull.state.containers import Container
from hull.state.status import Status

Many = tuple[str, ...]


def stop(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids", complete="container")],
    *,
    time: Annotated[
        float | None, Flag("seconds before it is killed; -1 waits for ever", "t", "SECONDS", long="time timeout")
    ] = None,
    signal_: Annotated[str | None, Flag("send this instead of the container's own stop signal", "s", "SIGNAL")] = None,
) -> list[str]:
    """Stop containers: their stop signal, a while, then SIGKILL."""
    return each(containers, lambda word: _stop(engine, word, time, signal_), together=engine)


def _stop(engine: Engine, word: str, seconds: float | None, signal_: str | None) -> str:
    end(engine, engine.containers.find(word), seconds, signal_)
    return word


def end(engine: Engine, row: Container, seconds: float | None, signal_: str | None, *, keep: bool = False) -> None:
    """Stop one container, whoever stands beside it; one that does not run is left as it is.

    With `keep` one of --rm stays, where its monitor sees to that.
    """
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "stop")
    if not status.active:
        return
    number = signals.number(signal_ or row.spec.stop_signal or "TERM")
    given = (seconds, row.spec.stop_timeout, detached.GRACE)
    patience = next(s for s in given if s is not None)
    engine.containers.desire(row, "stopped")
    if status.state == "paused":
        _unpause(engine, row, number)
    attributes = detached.attributes(row.spec, row.name)
    engine.history.add("container", "kill", row.id, {**attributes, "signal": str(number)})
    if not _by_monitor(engine, row, number, patience, keep=keep) and not _by_signal(status, number, patience):
        kill(status, engine.paths.container(row.id))
    engine.history.add("container", "stop", row.id, attributes)
    _places.refresh(engine)


def _by_monitor(engine: Engine, row: Container, number: int, patience: float, *, keep: bool) -> bool:
    monitor = control.connect(engine.paths.container(row.id))
    if monitor is None:
        return False
    try:
        monitor.stop(number, None if patience < 0 else patience, keep=keep)
    except control.Gone:
        return not engine.containers.status(row).active
    return processes.wait(engine.containers.status(row).monitor, PATIENCE)


def _by_signal(status: Status, number: int, patience: float) -> bool:
    target = status.init if status.init.pid else status.launcher
    processes.send(target, number)
    processes.send(target, signal.SIGCONT)
    return processes.wait(status.parent, None if patience < 0 else patience)


def _unpause(engine: Engine, row: Container, number: int) -> None:
    """Let a paused container hear the signal; what is killed need not."""
    from hull.commands.unpause import unpause

    if number != signal.SIGKILL:
        unpause(engine, (row.id,))

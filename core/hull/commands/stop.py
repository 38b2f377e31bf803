"""hull stop: ask containers to end, then end them."""

import signal

from hull.commands._verb import Flag, Word
from hull.commands.rm import kill
from hull.engine import Engine
from hull.light import Annotated
from hull.runtime import processes, signals

DEFAULT_SECONDS = 10.0
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
    for word in containers:
        row = engine.containers.find(word)
        status = engine.containers.status(row)
        if status.state != "running":
            continue
        seconds = next((s for s in (time, row.spec.stop_timeout) if s is not None), DEFAULT_SECONDS)
        processes.send(status.init, signals.number(signal_ or row.spec.stop_signal or "TERM"))
        processes.send(status.init, signal.SIGCONT)
        if not processes.wait(status.launcher, None if seconds < 0 else seconds):
            kill(status)
    return list(containers)

"""hull restart: stop containers and start them again."""

from hull.commands import start as start_
from hull.commands import stop as stop_
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import Conflict
from hull.light import Annotated
from hull.runtime import detached
from hull.state import lifecycle

Many = tuple[str, ...]


def restart(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids", complete="container")],
    *,
    time: Annotated[
        float | None, Flag("seconds before it is killed; -1 waits for ever", "t", "SECONDS", long="time timeout")
    ] = None,
    signal: Annotated[str | None, Flag("send this instead of the container's own stop signal", "s", "SIGNAL")] = None,
) -> list[str]:
    """Stop containers that run and start them, detached."""
    from threading import Lock

    alone = Lock()  # a start may move this process to where the limits are; many stops may last together

    def one(word: str) -> str:
        row = engine.containers.find(word)
        status = engine.containers.status(row)
        lifecycle.require(row, status.state, "restart")
        if row.remove and status.active and not status.monitor.pid:
            raise Conflict(
                f"cannot restart {row.name}: it was started with --rm and goes when it ends", f"hull stop {row.name}"
            )
        stop_.end(engine, row, time, signal, keep=True)
        with alone:
            start_.begin(engine, row)
        engine.history.add("container", "restart", row.id, detached.attributes(row.spec, row.name))
        return word

    return each(containers, one, together=engine)

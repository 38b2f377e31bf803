"""hull pause: hold every process of a container still."""

import time

from hull import log
from hull.commands._several import each
from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated
from hull.state.status import append

Many = tuple[str, ...]


def pause(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids of running containers", complete="container")],
) -> list[str]:
    """Pause containers: nothing in them runs until `unpause`."""
    return each(containers, lambda word: _pause(engine, word))


def _pause(engine: Engine, word: str) -> str:
    from hull.runtime import control, freeze, membership
    from hull.runtime.detached import attributes
    from hull.state import lifecycle

    row = engine.containers.find(word)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "pause")
    group = membership.own_group(status.init.pid, row.id)
    held = freeze.hold(status.init.pid, group)
    if not group:
        why = "it has no control group of its own (a limit gives it one)"
        engine.events(log.Event("note", row.name, f"{why}: each of its processes was stopped by a signal"))
    directory = engine.paths.container(row.id)
    append(directory, "paused", time.time(), method=held.method, already=held.already)
    monitor = control.connect(directory)
    if monitor is not None:
        monitor.pause()
    engine.history.add("container", "pause", row.id, attributes(row.spec, row.name))
    return word

"""hull pause: hold every process of a container still."""

import os
import time

from hull import log
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import HostError
from hull.light import Annotated, Any
from hull.state.containers import Container

Many = tuple[str, ...]


def pause(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids of running containers", complete="container")],
) -> list[str]:
    """Pause containers: nothing in them runs until `unpause`."""
    for word in containers:
        _pause(engine, word)
    return list(containers)


def _pause(engine: Engine, word: str) -> None:
    from hull.runtime import control, freeze, membership
    from hull.state import lifecycle

    row = engine.containers.find(word)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "pause")
    group = membership.own_group(status.init.pid, row.id)
    held = freeze.hold(status.init.pid, group)
    if not group:
        why = "it has no control group of its own (a limit gives it one)"
        engine.events(log.Event("note", row.name, f"{why}: each of its processes was stopped by a signal"))
    tell(engine, row, "paused", method=held.method, already=[list(pair) for pair in held.already])
    monitor = control.connect(engine.paths.container(row.id))
    if monitor is not None:
        monitor.pause()
    engine.history.add("container", "pause", row.id, {"name": row.name, "image": row.spec.image})


def tell(engine: Engine, row: Container, event: str, **fields: Any) -> None:
    """Append a line to the container's status file, by one write: the monitor appends there too."""
    import json

    line = json.dumps({"event": event, **fields, "time": time.time()}, separators=(",", ":")).encode() + b"\n"
    path = f"{engine.paths.container(row.id)}/status"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.write(fd, line)
        finally:
            os.close(fd)
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "hull inspect shows what is known") from None

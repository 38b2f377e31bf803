"""hull unpause: let paused containers go on."""

import time

from hull.commands._several import each
from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated
from hull.state.status import append

Many = tuple[str, ...]


def unpause(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids of paused containers", complete="container")],
) -> list[str]:
    """Let paused containers go on."""
    return each(containers, lambda word: _unpause(engine, word))


def _unpause(engine: Engine, word: str) -> str:
    from hull.runtime import control, freeze, membership
    from hull.runtime.detached import attributes
    from hull.state import lifecycle

    row = engine.containers.find(word)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "unpause")
    directory = engine.paths.container(row.id)
    method, already = _held(f"{directory}/status")
    group = membership.own_group(status.init.pid, row.id) if method == "freezer" else ""
    freeze.release(status.init.pid, group, already)
    append(directory, "unpaused", time.time())
    monitor = control.connect(directory)
    if monitor is not None:
        monitor.unpause()
    engine.history.add("container", "unpause", row.id, attributes(row.spec, row.name))
    return word


def _held(path: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return how the container was held, from the last line that says so."""
    import json

    with open(path, "rb") as file:
        lines = [line for line in file.read().splitlines() if b'"paused"' in line and line.endswith(b"}")]
    last = json.loads(lines[-1]) if lines else {}
    return str(last.get("method", "signals")), tuple((pid, start) for pid, start in last.get("already", ()))

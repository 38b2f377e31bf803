"""hull wait: block until containers end."""

import os

from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated
from hull.runtime import processes
from hull.state import status

Many = tuple[str, ...]


def wait(engine: Engine, containers: Annotated[Many, Word("names or ids", complete="container")]) -> list[int]:
    """Wait until containers end, restarts included; print their exit codes."""
    return [_wait(engine, word) for word in containers]


def _wait(engine: Engine, word: str) -> int:
    row = engine.containers.find(word)
    path = f"{engine.paths.container(row.id)}/status"
    try:  # open now: a --rm container's own status goes with it
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        return engine.containers.status(row).exit_code
    with file:
        now = status.parse(file.read(), row.creator.boot)
        if now.parent.pid:
            processes.wait(now.parent)
        try:  # what restarts may have shortened its file: a new one has the name
            with open(path, "rb") as last:
                return status.parse(last.read(), row.creator.boot).exit_code
        except FileNotFoundError:
            file.seek(0, os.SEEK_SET)
            return status.parse(file.read(), row.creator.boot).exit_code

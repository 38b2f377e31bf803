"""hull wait: block until containers end."""

from hull.commands._ending import Ending
from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated
from hull.runtime import processes

Many = tuple[str, ...]


def wait(engine: Engine, containers: Annotated[Many, Word("names or ids", complete="container")]) -> list[int]:
    """Wait until containers end, restarts included; print their exit codes."""
    return [_wait(engine, word) for word in containers]


def _wait(engine: Engine, word: str) -> int:
    with Ending(engine, word) as ending:
        if ending.process.pid:
            processes.wait(ending.process)
        return ending.code()

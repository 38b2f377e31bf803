"""hull wait: block until containers end."""

from hull.commands._ending import Ending
from hull.commands._several import each
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import HullError
from hull.light import Annotated
from hull.runtime import processes

Many = tuple[str, ...]


def wait(engine: Engine, containers: Annotated[Many, Word("names or ids", complete="container")]) -> list[int]:
    """Wait until containers end, restarts included; print their exit codes."""
    endings = [_ending(engine, word) for word in containers]  # before any wait: what removes itself leaves no other
    return each(endings, _wait)


def _ending(engine: Engine, word: str) -> Ending | HullError:
    try:
        return Ending(engine, word)
    except HullError as error:
        return error


def _wait(found: Ending | HullError) -> int:
    if isinstance(found, HullError):
        raise found
    with found as ending:
        if ending.process.pid:
            processes.wait(ending.process)
        return ending.code()

"""hull checkpoint: remember how a container's files are now."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def checkpoint(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    *,
    message: Annotated[str, Flag("what to call it in hull log", "m", "TEXT")] = "",
) -> list[str]:
    """Make a checkpoint of a container's or a try's files; processes go on. Prints NAME@N.

    Its memory is not saved, as Docker's checkpoint (CRIU) does.
    """
    from hull import log
    from hull.trials import history

    row = engine.containers.find(container)
    number = history.checkpoint(engine, row, message)
    if not number:
        number = history.all_of(engine, row)[1]
        engine.events(log.Event("note", row.name, f"nothing of {row.name} has changed since"))
    return [f"{row.name}@{number}"]

"""hull redo: go forward again, over what undo went back."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def redo(
    engine: Engine,
    container: Annotated[str, Word("name or id, or NAME@N: go to checkpoint N", complete="state")],
    steps: Annotated[int, Word("how many states", "N")] = 1,
    *,
    restart: Annotated[bool, Flag("start one again that runs (the default); --no-restart refuses")] = True,
) -> list[str]:
    """Go forward again in a container's or a try's states, over what undo went back."""
    from hull.commands import _rewinding

    return _rewinding.redo(engine, container, steps, restart=restart)

"""hull redo: do a keep again that was undone, or go forward in a container's or a try's states."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated

Many = tuple[str, ...]


def redo(
    engine: Engine,
    what: Annotated[
        str, Word("a keep (k3; the last undone if none), or a container or try, or NAME@N", "KEEP|NAME", "state")
    ] = "",
    steps: Annotated[int, Word("of a container: how many states", "N")] = 1,
    *,
    force: Annotated[Many, Flag("do a path again though it changed since; or all", "f", "PATH")] = (),
    restart: Annotated[bool, Flag("of a container: start one again that runs; --no-restart refuses")] = True,
) -> list[str]:
    """Do again what `hull undo` took back: a keep, or states of a container or a try."""
    from hull.trials import journal_reading

    if what and not journal_reading.known(engine.paths.data, what):
        from hull.commands import _rewinding

        if force:
            raise UserError(f"cannot use --force with {what}: it is no keep", "hull undo --list")
        return _rewinding.redo(engine, what, steps, restart=restart)
    from hull.commands import _keeping
    from hull.trials import undoing

    head = undoing.redo(engine, what, tuple(map(_keeping.path, force)))
    return [f"{head.id}: done again ({_keeping.counts(head)}). hull undo {head.id} takes it back"]

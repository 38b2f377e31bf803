"""hull undo: take a keep back, or go back in a container's or a try's states."""

from hull.commands import _keeping
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.trials.undoing import KeepRow

Many = tuple[str, ...]


def undo(
    engine: Engine,
    what: Annotated[
        str, Word("a keep (k3; the last if none), or a container or try, or NAME@N", "KEEP|NAME", "state")
    ] = "",
    steps: Annotated[int, Word("of a container: how many states", "N")] = 1,
    *,
    list_: Annotated[bool, Flag("show the keeps that can be undone or redone", long="list")] = False,
    force: Annotated[Many, Flag("take a path back though it changed since the keep; or all", "f", "PATH")] = (),
    restart: Annotated[bool, Flag("of a container: start one again that runs; --no-restart refuses")] = True,
) -> list[KeepRow] | list[str]:
    """Give this machine back what it was before a keep: content, modes, owners, attributes, times.

    Of a container or a try: go back in its states; hull redo goes forward again.
    """
    from hull.trials import journal_reading, undoing

    if list_:
        return undoing.rows(engine)
    if what and not journal_reading.known(engine.paths.data, what):
        from hull.commands import _rewinding

        if force:
            raise UserError(f"cannot use --force with {what}: it is no keep", "hull undo --list")
        return _rewinding.undo(engine, what, steps, restart=restart)
    if steps != 1 or not restart:
        word = "steps" if steps != 1 else "--no-restart"
        raise UserError(
            f"cannot take {what or 'the last keep'} back by {word}: it is one keep",
            "hull undo --list shows keeps; steps are a container's or a try's: hull undo NAME N",
        )
    head = undoing.undo(engine, what, tuple(map(_keeping.path, force)))
    return [f"{head.id}: undone ({_keeping.counts(head)}). hull redo {head.id} does it again"]

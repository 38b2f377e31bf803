"""hull drop: be rid of tries, and of what was changed in them."""

from hull.commands import _trial
from hull.commands import rm as rm_
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.state.containers import Container
from hull.storage import ballast

Many = tuple[str, ...]


def drop(
    engine: Engine,
    names: Annotated[Many, Word("tries; the latest that has ended if none", "NAME", complete="try")] = (),
    *,
    all_: Annotated[bool, Flag("every try that has ended", "a", long="all")] = False,
    force: Annotated[bool, Flag("end it first if it runs", "f")] = False,
) -> list[str]:
    """Remove tries with everything that was changed in them; nothing of this machine changes."""
    if names and all_:
        raise UserError("cannot drop all and some: they are named", "leave out --all, or the names")
    ballast.lend(engine.paths.data)
    if names:
        rows = list({row.id: row for row in (_trial.latest(engine, name) for name in names)}.values())
    else:
        rows = [row for row in _trial.every(engine) if force or not _runs(engine, row)]
        rows = rows if all_ else rows[:1]
    if not rows and not all_:
        raise UserError("cannot drop: there is no try that has ended", "hull ps -a --filter trial=true lists them")
    running = next((row for row in rows if _runs(engine, row) and not force), None)
    if running is not None:
        raise UserError(f"cannot drop {running.name}: it is running", f"hull drop --force {running.name} ends it first")
    return rm_.rm(engine, tuple(row.name for row in rows), force=force, volumes=True)


def _runs(engine: Engine, row: Container) -> bool:
    return engine.containers.status(row).active

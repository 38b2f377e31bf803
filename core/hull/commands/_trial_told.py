"""What a try changed, for fronts that show it beside what it printed."""

from hull.engine import Engine
from hull.light import TYPE_CHECKING, NamedTuple
from hull.state.containers import NoSuchContainer

if TYPE_CHECKING:
    from hull.trials.changes import Change


class Told(NamedTuple):
    """A try by its name, its changes in the order of paths, without what only follows from others, and their counts."""

    name: str
    changes: "tuple[Change, ...]"
    summary: str


def told(engine: Engine, ident: str) -> Told | None:
    """Return what the try of this id changed; None where it is gone: one in which nothing changed may be."""
    from hull.trials import walking
    from hull.trials.reporting import counted, is_noise

    try:
        row = engine.containers.find(ident)
    except NoSuchContainer:
        return None
    changes = tuple(one for one in walking.of_try(engine, row) if not is_noise(one))
    return Told(row.name, changes, counted(changes))


def exists(engine: Engine, name: str) -> bool:
    """Whether there is a try of this name."""
    from hull.commands import _trial

    return any(row.name == name for row in _trial.every(engine))

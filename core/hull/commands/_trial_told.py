"""What a try changed, for fronts that show it beside what it printed."""

from hull.engine import Engine
from hull.light import TYPE_CHECKING, NamedTuple
from hull.state.containers import NoSuchContainer

if TYPE_CHECKING:
    from hull.trials.changes import Change


class Told(NamedTuple):
    """A try by its name, and its changes in the order of paths."""

    name: str
    changes: "tuple[Change, ...]"


def told(engine: Engine, ident: str) -> Told | None:
    """Return what the try of this id changed; None where it is gone: one in which nothing changed may be."""
    from hull.trials import walking

    try:
        row = engine.containers.find(ident)
    except NoSuchContainer:
        return None
    return Told(row.name, tuple(walking.of_try(engine, row)))


def exists(engine: Engine, name: str) -> bool:
    """Whether there is a try of this name."""
    from hull.commands import _trial

    return any(row.name == name for row in _trial.every(engine))

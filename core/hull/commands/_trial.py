"""Which try a verb means: the one that was named, else the latest."""

from hull.engine import Engine
from hull.errors import UserError
from hull.state.containers import Container


def latest(engine: Engine, name: str = "") -> Container:
    """Return the try of that name, else the one that was made or went on last. UserError where there is none."""
    if name:
        row = engine.containers.find(name)
        if row.spec.trial is None:
            raise UserError(f"cannot use {row.name}: it is a container, no try", "hull ps -a --filter trial=true")
        return row
    found = every(engine)
    if not found:
        raise UserError("there is no try", "hull try COMMAND makes one")
    return found[0]


def every(engine: Engine) -> list[Container]:
    """Return the tries, those that were made last first."""
    return [row for row in engine.containers.all() if row.spec.trial is not None]

"""The checkpoints that are due before anything else is done with a container's states, and what they are called."""

from contextlib import suppress

from hull.engine import Engine
from hull.errors import UserError
from hull.state.containers import Container
from hull.state.snapshots import Layers, Snapshots
from hull.state.status import Status
from hull.trials import history_boundaries as boundaries
from hull.trials.history_states import Came, States

AUTO = "auto"


def settle(engine: Engine, row: Container, states: States, status: Status) -> int:
    """Make the checkpoint of --checkpoint auto of what has come since the last one; return its number, 0 for none.

    It is told by the commands that have ended since. The caller holds the container's lock.
    """
    if row.spec.checkpoint != AUTO:
        return 0
    ended = boundaries.ended(engine.paths.container(row.id))
    if status.state == "exited" and not status.active:
        label, code = came(engine, row)
        ended.append(boundaries.Ended("", label, code, status.finished))
    if not ended:
        return 0
    told = [one for one in ended if one.label] or ended
    label = "; ".join(one.label for one in told)
    number = states.checkpoint(Came(label, told[-1].code, ended[-1].when), running=status.active)
    boundaries.forget(ended)
    return number


def came(engine: Engine, row: Container) -> tuple[str, int | None]:
    """Return what a container's own program is in words, and how its last run ended; nothing where that only waited."""
    from hull.runtime import plan

    status = engine.containers.status(row)
    if status.idle:
        return "", None
    words = ""
    with suppress(UserError):
        words = " ".join(plan.command(row.spec, row.config))
    return words, status.exit_code if status.state == "exited" else None


def ready(engine: Engine, row: Container, verb: str) -> Status:
    """Return the status of a container whose files can be asked for: one that is not just being started."""
    status = engine.containers.status(row)
    if engine.containers.starting(row, status) or (status.active and not status.up):
        raise UserError(f"cannot {verb} {row.name}: it is being started", "hull ps shows when it runs")
    return status


def back(rows: Snapshots, row: Container, number: int) -> list[int]:
    """Return a checkpoint's number, those that it came after, and 0."""
    parents = {found.number: found.parent for found in rows.all(row.id)}
    chain = [number]
    while chain[-1]:
        chain.append(parents[chain[-1]])
    return chain


def found(engine: Engine, row: Container, number: int) -> Layers:
    """Return the layers of a container's state."""
    if number == 0:
        return ()
    found = Snapshots(engine.db).get(row.id, number)
    if found is None:
        raise UserError(f"no such checkpoint: {row.name}@{number}", f"hull log {row.name}")
    return found.layers

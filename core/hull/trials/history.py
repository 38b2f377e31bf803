"""The time machine: the states of a container's or a try's files, which are made, named and shared here.

A state is spelt NAME@N, N the number that `hull log` shows; NAME@0 is the container's beginning, NAME alone its
present.
"""

from collections.abc import Callable

from hull import log
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.state.containers import Container
from hull.state.snapshots import Checkpoint, Snapshots
from hull.storage import snapshots
from hull.trials import history_boundaries as boundaries
from hull.trials.history_settling import AUTO, back, came, found, ready, settle
from hull.trials.history_states import Came, States, collect


def spelt(word: str) -> tuple[str, int | None]:
    """Return the name and the number of NAME@N; None for the present."""
    name, at, number = word.rpartition("@")
    if not at:
        return word, None
    if not (name and number.isdecimal()):
        raise UserError(f"cannot take {word} for a state", "write NAME@N; hull log NAME shows the numbers")
    return name, int(number)


def starting(engine: Engine, row: Container) -> tuple[str, ...]:
    """Return the frozen layers of a container that is about to start, lowest first; the caller holds its lock.

    With --checkpoint auto, what the last run left becomes a checkpoint.
    """
    states = States(engine, row)
    settle(engine, row, states, engine.containers.status(row))
    return states.places(states.stack().layers)


def own(engine: Engine, row: Container) -> snapshots.Stack:
    """Return the layers that are a container's own as it is now."""
    stack = Snapshots(engine.db).stack(row.id)
    if stack.pending:
        with engine.containers.lock(row):
            stack = States(engine, row).stack()
    return snapshots.stack(engine.paths, row.id, stack.layers)


def kept(engine: Engine, row: Container) -> tuple[str, ...]:
    """Return every layer that is there for a container: its upper, and what any of its states needs."""
    rows = Snapshots(engine.db)
    names = {name for found in (rows.stack(row.id).layers, *(one.layers for one in rows.all(row.id))) for name in found}
    return snapshots.stack(engine.paths, row.id, tuple(sorted(names))).all


def bytes_of(engine: Engine, rows: list[Container], weigh: Callable[[list[str]], list[int]]) -> list[int]:
    """Return the bytes that are there for each container; a layer that several share counts for the first.

    `weigh` returns the bytes below each directory.
    """
    seen: set[str] = set()
    mine = []
    for row in rows:
        own_ = [path for path in kept(engine, row) if path not in seen]
        seen.update(own_)
        mine.append(own_)
    sizes = iter(weigh([path for paths in mine for path in paths]))
    return [sum(next(sizes) for _ in paths) for paths in mine]


def layers(engine: Engine, word: str) -> tuple[Container, tuple[str, ...]]:
    """Return the container of a state and the layers over its base, lowest first; the upper is one of its present."""
    name, number = spelt(word)
    row = engine.containers.find(name)
    if number is None:
        return row, own(engine, row).all
    return row, tuple(snapshots.place(engine.paths, layer) for layer in found(engine, row, number))


def all_of(engine: Engine, row: Container) -> tuple[list[Checkpoint], int]:
    """Return a container's checkpoints, the oldest first, and the number of the one that it stands on.

    With --checkpoint auto, what has come since becomes one first.
    """
    if row.spec.checkpoint == AUTO:
        with engine.containers.lock(row):
            settle(engine, row, States(engine, row), engine.containers.status(row))
    rows = Snapshots(engine.db)
    return rows.all(row.id), rows.stack(row.id).stands


def checkpoint(engine: Engine, row: Container, label: str = "", code: int | None = None) -> int:
    """Make a checkpoint of what a container's files are now; return its number, 0 where nothing changed."""
    with engine.containers.lock(row):
        status = ready(engine, row, "checkpoint")
        states = States(engine, row)
        settle(engine, row, states, status)
        return states.checkpoint(Came(label, code), running=status.active)


def boundary(engine: Engine, row: Container, label: str, code: int | None = None) -> None:
    """Make a checkpoint where a command has ended, if --checkpoint auto asks for them; nothing that it meets is raised.

    For commands that no program of their own runs, as a cell.
    """
    if row.spec.checkpoint == AUTO:
        with _told(engine, row):
            checkpoint(engine, row, label, code)


def before(engine: Engine, row: Container, label: str) -> tuple[tuple[str, ...], ...]:
    """Make the checkpoints that are due before one more program, and return the ops that note how this one ends."""
    if row.spec.checkpoint != AUTO:
        return ()
    with _told(engine, row):
        with engine.containers.lock(row):
            settle(engine, row, States(engine, row), engine.containers.status(row))
        return (("status", boundaries.begin(engine.paths.container(row.id), label)),)
    return ()


def weights(engine: Engine, row: Container, found: list[Checkpoint]) -> list[tuple[int, int]]:
    """Return the entries and the bytes of the last layer of each checkpoint."""
    return States(engine, row).weights([one.layers[-1] for one in found])


def share(engine: Engine, row: Container, number: int | None, new: Container) -> None:
    """Let the new container begin with a state of another one, and know the states before it; layers are shared."""
    if number is None:
        with engine.containers.lock(row):
            status, states = ready(engine, row, "branch"), States(engine, row)
            settle(engine, row, states, status)
            states.checkpoint(Came(*came(engine, row)), running=status.active)
            number = states.stack().stands
    rows = Snapshots(engine.db)
    snapshots.prepare(engine.paths)
    with engine.db.transaction():  # the origin may be removed meanwhile, and with it what only it needs
        layers_ = found(engine, row, number)
        for known in (rows.get(row.id, before_) for before_ in back(rows, row, number)):
            if known is not None:
                rows.put(known._replace(container=new.id))
        rows.stand(new.id, rows.stack(new.id)._replace(layers=layers_, stands=number, pending=snapshots.fresh()))
    with engine.containers.lock(new):
        States(engine, new).stack()
    collect(engine)


class _told:  # noqa: N801 (read in a `with`)
    """Nothing that a checkpoint meets keeps a command from running: it is told as a warning."""

    def __init__(self, engine: Engine, row: Container) -> None:
        self._engine, self._row = engine, row

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, HullError | OSError):
            return False
        text = f"no checkpoint of {self._row.name} was made: {error}"
        self._engine.events(log.Event("warning", self._row.name, text))
        return True

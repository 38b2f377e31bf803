"""The time machine: back and forth between the states of a container's or a try's files.

A state is spelt NAME@N, N the number that `hull log` shows; NAME@0 is the container's beginning, NAME alone its
present.
"""

from collections.abc import Callable
from contextlib import suppress

from hull import log
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.state.snapshots import Checkpoint, Layers, Snapshots
from hull.state.status import Status
from hull.storage import snapshots
from hull.trials import history_boundaries as boundaries
from hull.trials.history_states import Came, States, collect

AUTO = "auto"


class Moved(NamedTuple):
    """Where undo or redo went: to the checkpoint `number`, 0 for the beginning. `kept` is what the present became."""

    number: int
    kept: int = 0


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
    if row.spec.checkpoint == AUTO:
        _settle(engine, row, states, engine.containers.status(row))
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
    return row, tuple(snapshots.place(engine.paths, layer) for layer in _found(engine, row, number))


def all_of(engine: Engine, row: Container) -> tuple[list[Checkpoint], int]:
    """Return a container's checkpoints, the oldest first, and the number of the one that it stands on.

    With --checkpoint auto, what has come since becomes one first.
    """
    if row.spec.checkpoint == AUTO:
        with engine.containers.lock(row):
            _settle(engine, row, States(engine, row), engine.containers.status(row))
    rows = Snapshots(engine.db)
    return rows.all(row.id), rows.stack(row.id).stands


def checkpoint(engine: Engine, row: Container, label: str = "", code: int | None = None) -> int:
    """Make a checkpoint of what a container's files are now; return its number, 0 where nothing changed."""
    with engine.containers.lock(row):
        status = _ready(engine, row, "checkpoint")
        states = States(engine, row)
        if row.spec.checkpoint == AUTO:
            _settle(engine, row, states, status)
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
            _settle(engine, row, States(engine, row), engine.containers.status(row))
        return (("status", boundaries.begin(engine.paths.container(row.id), label)),)
    return ()


def undo(engine: Engine, row: Container, steps: int = 1) -> Moved:
    """Go back so many states; the present one becomes a checkpoint first. The container does not run."""
    with engine.containers.lock(row):
        states = _stopped(engine, row, "undo")
        stack, changed = states.stack(), states.changed()
        chain = _back(states.rows, row, stack.stands)
        path = [] if changed else chain[:1]
        left = chain if changed else chain[1:]
        _enough(row, "undo", steps, len(left))
        passed = tuple((path + left)[: steps - 1 + len(path)][::-1])
        keep = Came(*_came(engine, row)) if changed else None
        forward = passed if changed else (*passed, *stack.forward)
        return Moved(left[steps - 1], states.move(left[steps - 1], forward, keep))


def redo(engine: Engine, row: Container, steps: int = 1) -> Moved:
    """Go forward again, over what undo went back. The container does not run."""
    with engine.containers.lock(row):
        states = _stopped(engine, row, "redo")
        forward = states.stack().forward
        if states.changed():
            raise UserError(
                f"cannot redo {row.name}: its files have changed since",
                f"hull redo {row.name}@N goes to any state that hull log {row.name} shows; what there is now is kept",
            )
        _enough(row, "redo", steps, len(forward))
        return Moved(forward[steps - 1], states.move(forward[steps - 1], forward[steps:]))


def go(engine: Engine, row: Container, number: int) -> Moved:
    """Go to any state; the present one becomes a checkpoint first. The container does not run."""
    with engine.containers.lock(row):
        states = _stopped(engine, row, "go back in")
        _found(engine, row, number)
        stack = states.stack()
        keep = Came(*_came(engine, row)) if states.changed() else None
        if keep is None and number == stack.stands:
            return Moved(number)
        chain = _back(states.rows, row, stack.stands)
        forward: tuple[int, ...] = ()
        if number in chain:
            forward = tuple(chain[: chain.index(number)][::-1])
        elif keep is None and number in stack.forward:
            forward = stack.forward[stack.forward.index(number) + 1 :]
        return Moved(number, states.move(number, forward, keep))


def check_back(engine: Engine, row: Container, steps: int) -> None:
    """Fail as undo would, before anything is stopped."""
    with engine.containers.lock(row):
        states = States(engine, row)
        _enough(row, "undo", steps, len(_back(states.rows, row, states.stack().stands)) - 1 + states.changed())


def check_forward(engine: Engine, row: Container, steps: int) -> None:
    """Fail as redo would, as far as can be told before anything is stopped."""
    _enough(row, "redo", steps, len(Snapshots(engine.db).stack(row.id).forward))


def check_number(engine: Engine, row: Container, number: int) -> None:
    """Fail where there is no such state."""
    _found(engine, row, number)


def _enough(row: Container, verb: str, steps: int, left: int) -> None:
    if not 1 <= steps <= left:
        side = "before" if verb == "undo" else "after"
        many = f"there are {left} states {side} this one" if left else f"there is no state {side} this one"
        raise UserError(f"cannot {verb} {row.name} by {steps}: {many}", f"hull log {row.name}")


def weights(engine: Engine, row: Container, found: list[Checkpoint]) -> list[tuple[int, int]]:
    """Return the entries and the bytes of the last layer of each checkpoint."""
    return States(engine, row).weights([one.layers[-1] for one in found])


def share(engine: Engine, row: Container, number: int | None, new: Container) -> None:
    """Let the new container begin with a state of another one, and know the states before it; layers are shared."""
    if number is None:
        with engine.containers.lock(row):
            status, states = _ready(engine, row, "branch"), States(engine, row)
            states.checkpoint(Came(*_came(engine, row)), running=status.active)
            number = states.stack().stands
    rows = Snapshots(engine.db)
    found = _found(engine, row, number)
    snapshots.prepare(engine.paths)
    with engine.db.transaction():
        for known in (rows.get(row.id, before_) for before_ in _back(rows, row, number)):
            if known is not None:
                rows.put(known._replace(container=new.id))
        rows.stand(new.id, rows.stack(new.id)._replace(layers=found, stands=number, pending=snapshots.fresh()))
    with engine.containers.lock(new):
        States(engine, new).stack()
    collect(engine)


def _back(rows: Snapshots, row: Container, number: int) -> list[int]:
    """Return a checkpoint's number, those that it came after, and 0."""
    parents = {found.number: found.parent for found in rows.all(row.id)}
    chain = [number]
    while chain[-1]:
        chain.append(parents[chain[-1]])
    return chain


def _found(engine: Engine, row: Container, number: int) -> Layers:
    if number == 0:
        return ()
    found = Snapshots(engine.db).get(row.id, number)
    if found is None:
        raise UserError(f"no such checkpoint: {row.name}@{number}", f"hull log {row.name}")
    return found.layers


def _settle(engine: Engine, row: Container, states: States, status: Status) -> None:
    """Make a checkpoint of what has come since the last one, told by the commands that have ended since."""
    ended = boundaries.ended(engine.paths.container(row.id))
    if status.state == "exited" and not status.active:
        label, code = _came(engine, row)
        ended.append(boundaries.Ended("", label, code, status.finished))
    if ended:
        came = Came("; ".join(one.label for one in ended), ended[-1].code, ended[-1].when)
        states.checkpoint(came, running=status.active)
        boundaries.forget(ended)


def _came(engine: Engine, row: Container) -> tuple[str, int | None]:
    """Return what a container's own program is in words, and how its last run ended."""
    from hull.runtime import plan

    status = engine.containers.status(row)
    words = ""
    with suppress(UserError):
        words = " ".join(plan.command(row.spec, row.config))
    return words, status.exit_code if status.state == "exited" else None


def _ready(engine: Engine, row: Container, verb: str) -> Status:
    status = engine.containers.status(row)
    if engine.containers.starting(row, status) or (status.active and not status.up):
        raise UserError(f"cannot {verb} {row.name}: it is being started", "hull ps shows when it runs")
    return status


def _stopped(engine: Engine, row: Container, verb: str) -> States:
    if _ready(engine, row, verb).active:
        raise UserError(f"cannot {verb} {row.name}: it runs", f"hull stop {row.name}")
    return States(engine, row)


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

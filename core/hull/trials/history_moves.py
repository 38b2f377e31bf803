"""Back and forth between the states of a container's or a try's files: undo, redo, and to any of them.

The container does not run meanwhile. What there is becomes a checkpoint first: nothing is lost.
"""

from hull.engine import Engine
from hull.errors import UserError
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.state.snapshots import Snapshots
from hull.state.status import Status
from hull.trials.history_settling import back, came, found, ready, settle
from hull.trials.history_states import Came, States


class Moved(NamedTuple):
    """Where undo or redo went: to the checkpoint `number`, 0 for the beginning. `kept` is what the present became."""

    number: int
    kept: int = 0


def undo(engine: Engine, row: Container, steps: int = 1) -> Moved:
    """Go back so many states."""
    with engine.containers.lock(row):
        states, made = _settled(engine, row, "undo")
        stack, changed = states.stack(), states.changed()
        chain = back(states.rows, row, stack.stands)
        path = [] if changed else chain[:1]
        left = chain if changed else chain[1:]
        _enough(row, "undo", steps, len(left))
        passed = tuple((path + left)[: steps - 1 + len(path)][::-1])
        keep = Came(*came(engine, row)) if changed else None
        forward = passed if changed else (*passed, *stack.forward)
        return Moved(left[steps - 1], states.move(left[steps - 1], forward, keep) or made)


def redo(engine: Engine, row: Container, steps: int = 1) -> Moved:
    """Go forward again, over what undo went back."""
    with engine.containers.lock(row):
        states = _stopped(engine, row, "redo")[0]
        forward = states.stack().forward
        if states.changed():
            raise UserError(
                f"cannot redo {row.name}: its files have changed since",
                f"hull redo {row.name}@N goes to any state that hull log {row.name} shows; what there is now is kept",
            )
        _enough(row, "redo", steps, len(forward))
        return Moved(forward[steps - 1], states.move(forward[steps - 1], forward[steps:]))


def go(engine: Engine, row: Container, number: int) -> Moved:
    """Go to any state."""
    with engine.containers.lock(row):
        states, made = _settled(engine, row, "go back in")
        found(engine, row, number)
        stack = states.stack()
        keep = Came(*came(engine, row)) if states.changed() else None
        if keep is None and number == stack.stands:
            return Moved(number)
        chain = back(states.rows, row, stack.stands)
        forward: tuple[int, ...] = ()
        if number in chain:
            forward = tuple(chain[: chain.index(number)][::-1])
        elif keep is None and number in stack.forward:
            forward = stack.forward[stack.forward.index(number) + 1 :]
        return Moved(number, states.move(number, forward, keep) or made)


def check_back(engine: Engine, row: Container, steps: int) -> None:
    """Fail as undo would, before anything is stopped."""
    with engine.containers.lock(row):
        states = States(engine, row)
        _enough(row, "undo", steps, len(back(states.rows, row, states.stack().stands)) - 1 + states.changed())


def check_forward(engine: Engine, row: Container, steps: int) -> None:
    """Fail as redo would, as far as can be told before anything is stopped."""
    _enough(row, "redo", steps, len(Snapshots(engine.db).stack(row.id).forward))


def check_number(engine: Engine, row: Container, number: int) -> None:
    """Fail where there is no such state."""
    found(engine, row, number)


def _enough(row: Container, verb: str, steps: int, left: int) -> None:
    if not 1 <= steps <= left:
        side = "before" if verb == "undo" else "after"
        there = f"are {left} states" if left > 1 else f"is {'one' if left else 'no'} state"
        many = f"there {there} {side} this one"
        raise UserError(f"cannot {verb} {row.name} by {steps}: {many}", f"hull log {row.name}")


def _settled(engine: Engine, row: Container, verb: str) -> tuple[States, int]:
    """Return the states of a container that does not run, and the number of a checkpoint that was due, 0 for none."""
    states, status = _stopped(engine, row, verb)
    return states, settle(engine, row, states, status)


def _stopped(engine: Engine, row: Container, verb: str) -> tuple[States, Status]:
    status = ready(engine, row, verb)
    if status.active:
        raise UserError(f"cannot {verb} {row.name}: it runs", f"hull stop {row.name}")
    return States(engine, row), status

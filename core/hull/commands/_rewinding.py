"""Undo and redo of a container that may be running: it is stopped, stands on another state, and is started again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hull import log
from hull.commands._listing import shortened
from hull.commands.log import WIDTH
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.state.containers import Container
from hull.tables import harmless

if TYPE_CHECKING:
    from hull.trials.history_moves import Moved


class By(NamedTuple):
    """A verb that goes so many states: `check` raises where it cannot, before a container is stopped for it."""

    verb: str
    check: "Callable[[Engine, Container, int], object]"
    go: "Callable[[Engine, Container, int], Moved]"


def undo(engine: Engine, word: str, steps: int = 1, *, restart: bool = True) -> list[str]:
    """Go so many states back, or for NAME@N to that one; return what to say."""
    from hull.trials import history_moves

    by = By("undo", history_moves.check_back, history_moves.undo)
    return _rewound(engine, by, word, steps, restart=restart)


def redo(engine: Engine, word: str, steps: int = 1, *, restart: bool = True) -> list[str]:
    """Go so many states forward again, or for NAME@N to that one; return what to say."""
    from hull.trials import history_moves

    by = By("redo", history_moves.check_forward, history_moves.redo)
    return _rewound(engine, by, word, steps, restart=restart)


def _rewound(engine: Engine, by: By, word: str, steps: int, *, restart: bool) -> list[str]:
    """Go to the state that the word names, else so many steps."""
    from hull.trials import history, history_moves

    name, number = history.spelt(word)
    row = engine.containers.find(name)
    if number is None:
        check, go, much = by.check, by.go, steps
    elif steps == 1:
        check, go, much = history_moves.check_number, history_moves.go, number
    else:
        raise UserError(
            f"cannot {by.verb} {word} by {steps}: it says which state",
            f"hull {by.verb} {word}, or NAME and a number of states",
        )
    check(engine, row, much)
    return _moved(engine, row, lambda: go(engine, row, much), restart=restart)


def _moved(engine: Engine, row: Container, act: "Callable[[], Moved]", *, restart: bool) -> list[str]:
    from hull.state.snapshots import Snapshots

    with _stopped(engine, row, restart=restart):
        moved = act()
    found = Snapshots(engine.db).get(row.id, moved.number)
    where = f"{row.name}@{moved.number}"
    label = "its beginning" if found is None else harmless(shortened(found.label, WIDTH))
    label = f" ({label})" if label else ""
    kept = f"; what there was is {row.name}@{moved.kept}" if moved.kept else ""
    engine.history.add("container", "restore", row.id, {"name": row.name, "checkpoint": str(moved.number)})
    return [f"{row.name} is as it was at {where}{label}{kept}"]


@contextmanager
def _stopped(engine: Engine, row: Container, *, restart: bool) -> Iterator[None]:
    """Stop the container where it runs, and start it again at the end: a mounted root cannot become another one."""
    status = engine.containers.status(row)
    if not status.active:
        yield
        return
    if not restart or row.remove or not status.monitor.alive:
        reason = "it runs" if not restart else "it goes when it ends (--rm)" if row.remove else "it runs in a terminal"
        raise UserError(
            f"cannot undo or redo {row.name}: {reason}, and a running root cannot become another one",
            f"hull stop {row.name}, or hull branch {row.name}@N NEW_NAME",
        )
    from hull.commands import start, stop

    engine.events(log.Event("note", row.name, f"{row.name} is stopped and started again"))
    stop.end(engine, row, None, None)
    try:
        yield
    finally:
        start.begin(engine, engine.containers.find(row.id))

"""Checkpoints and stacks: which frozen layers a container's states are made of, and which of them it has now."""

import time

from hull.light import NamedTuple
from hull.state.db import Database

FROZEN, COPIED, LIVE = "frozen", "copied", "live"
Layers = tuple[str, ...]


class Checkpoint(NamedTuple):
    """One state of a container's files: `layers` over its base, names below snapshots/, lowest first.

    `parent` is the number that it came after, 0 for the container's beginning; `label` the command that came before and
    `code` how that ended, None where there was none. `made` is frozen, copied (its processes were held meanwhile) or
    live (they were not: two files may be from two moments).
    """

    container: str
    number: int
    parent: int
    layers: Layers
    label: str
    code: int | None
    made: str
    created: float


class Stack(NamedTuple):
    """What lies between a container's base and its upper. `stands` is the checkpoint that it came from, 0 for none.

    `forward` are the numbers that redo goes to, the next first; `pending` is the name that the upper is about to get.
    """

    layers: Layers = ()
    stands: int = 0
    forward: tuple[int, ...] = ()
    pending: str = ""


class Snapshots:
    """The rows of one store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def stack(self, container: str) -> Stack:
        """Return what a container stands on."""
        rows = self._db.rows("SELECT layers, stands, forward, pending FROM stacks WHERE container = ?", container)
        if not rows:
            return Stack()
        layers, stands, forward, pending = map(str, rows[0])
        return Stack(tuple(layers.split()), int(stands), tuple(map(int, forward.split())), pending)

    def stand(self, container: str, stack: Stack) -> None:
        """Record what a container stands on."""
        forward = " ".join(map(str, stack.forward))
        self._db.write(
            "INSERT OR REPLACE INTO stacks (container, layers, stands, forward, pending) VALUES (?, ?, ?, ?, ?)",
            *(container, " ".join(stack.layers), stack.stands, forward, stack.pending),
        )

    def add(self, checkpoint: Checkpoint) -> int:
        """Record a checkpoint under the next number of its container, and now where it has no time; return the number.

        Within a transaction: the number is free until its end.
        """
        given = self._db.rows("SELECT MAX(number) FROM checkpoints WHERE container = ?", checkpoint.container)[0][0]
        number = int(str(given or 0)) + 1
        self.put(checkpoint._replace(number=number, created=checkpoint.created or time.time()))
        return number

    def put(self, checkpoint: Checkpoint) -> None:
        """Record a checkpoint under its number."""
        self._db.write(
            "INSERT INTO checkpoints (container, number, parent, layers, label, code, made, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(checkpoint.container, checkpoint.number, checkpoint.parent, " ".join(checkpoint.layers)),
            *(checkpoint.label, checkpoint.code, checkpoint.made, checkpoint.created),
        )

    def move(self, container: str, number: int, layers: Layers) -> None:
        """Record other layers that make up the same state."""
        sql = "UPDATE checkpoints SET layers = ? WHERE container = ? AND number = ?"
        self._db.write(sql, " ".join(layers), container, number)

    def all(self, container: str) -> list[Checkpoint]:
        """Return a container's checkpoints, the oldest first."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM checkpoints WHERE container = ? ORDER BY number", container)  # noqa: S608 (a constant)
        return [_decode(row) for row in rows]

    def get(self, container: str, number: int) -> Checkpoint | None:
        """Return one checkpoint."""
        sql = f"SELECT {_COLUMNS} FROM checkpoints WHERE container = ? AND number = ?"  # noqa: S608 (a constant)
        return next(map(_decode, self._db.rows(sql, container, number)), None)

    def latest(self) -> str:
        """Return the id of the container that has the youngest checkpoint, "" where there is none."""
        sql = "SELECT container FROM checkpoints JOIN containers ON id = container ORDER BY checkpoints.created DESC"
        return next((str(row[0]) for row in self._db.rows(f"{sql} LIMIT 1")), "")

    def forget(self, container: str) -> bool:
        """Drop a container's rows; tell whether there were any."""
        counts = [self._db.write(f"DELETE FROM {table} WHERE container = ?", container) for table in _TABLES]  # noqa: S608 (constants)
        return any(counts)

    def forget_strays(self) -> None:
        """Drop the rows of containers that are no more."""
        for table in _TABLES:
            self._db.write(f"DELETE FROM {table} WHERE container NOT IN (SELECT id FROM containers)")  # noqa: S608 (constants)

    def reached(self) -> set[str]:
        """Return the names of the layers that some row needs."""
        rows = self._db.rows("SELECT layers FROM checkpoints UNION SELECT layers || ' ' || pending FROM stacks")
        return {name for (layers,) in rows for name in str(layers).split()}


_TABLES = ("checkpoints", "stacks")
_COLUMNS = "container, number, parent, layers, label, code, made, created"


def _decode(row: tuple[object, ...]) -> Checkpoint:
    container, number, parent, layers, label, code, made, created = row
    return Checkpoint(
        str(container),
        int(str(number)),
        int(str(parent)),
        tuple(str(layers).split()),
        str(label),
        None if code is None else int(str(code)),
        str(made),
        float(str(created)),
    )

"""Which layer a build step made: the step cache. A step that changed no file has the layer ""."""

import time

from hull.light import NamedTuple
from hull.state.db import Database


class Step(NamedTuple):
    """One step: its key, what it made, what it was, for people, and when (seconds since the epoch)."""

    key: str
    diff_id: str
    text: str
    created: float


class Steps:
    """The rows. A layer that a step names stays until `prune`, also where no image has it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, key: str) -> Step | None:
        """Return what a step made, None where it is not known."""
        rows = self._db.rows("SELECT key, diff_id, text, created FROM steps WHERE key = ?", key)
        return Step(*rows[0]) if rows else None  # type: ignore[arg-type]

    def add(self, steps: list[Step]) -> None:
        """Record steps whose layers are recorded, as used just now."""
        with self._db.behind.transaction():
            for step in steps:
                self._db.behind.write("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)", *step, time.time())

    def all(self) -> list[tuple[Step, float]]:
        """Return every step with the time it was last used."""
        rows = self._db.rows("SELECT key, diff_id, text, created, used FROM steps")
        return [(Step(*row[:4]), float(str(row[4]))) for row in rows]  # type: ignore[arg-type]

    def layers(self) -> list[str]:
        """Return the digest of the layer that each step made, "" for none."""
        return [str(row[0]) for row in self._db.rows("SELECT diff_id FROM steps")]

    def forget(self, before: float) -> int:
        """Forget the steps that were last used before a time; return how many."""
        with self._db.transaction():
            count = self._db.rows("SELECT count(*) FROM steps WHERE used < ?", before)[0][0]
            self._db.write("DELETE FROM steps WHERE used < ?", before)
        return int(str(count))

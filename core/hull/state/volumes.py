"""The table of volumes: what was said of those that somebody made by name. Whether one is here its directory says."""

import time

from hull.light import Any, NamedTuple
from hull.state.db import Database, as_json

COLUMNS = "name, labels, options, anonymous, created"


class VolumeRecord(NamedTuple):
    """One row. `options` are the local driver's words, Docker's `-o`; `anonymous` is whether nobody named it."""

    name: str
    labels: dict[str, str]
    options: dict[str, str]
    anonymous: bool
    created: float


class VolumeRows:
    """Rows of one user's volumes; one that a container's start made has none unless something was said of it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self, name: str, labels: dict[str, str], options: dict[str, str], *, anonymous: bool = False
    ) -> VolumeRecord:
        """Record what is said of a volume, in place of what was left by one that is gone."""
        record = VolumeRecord(name, labels, options, anonymous, time.time())
        said, bound_labels = as_json(labels)
        asked, bound_options = as_json(options)
        self._db.write(
            f"INSERT OR REPLACE INTO volumes ({COLUMNS}) VALUES (?, {said}, {asked}, ?, ?)",  # noqa: S608 (bound)
            name, *bound_labels, *bound_options, int(anonymous), record.created,
        )  # fmt: skip
        return record

    def get(self, name: str) -> VolumeRecord | None:
        """Return what was said of one, None where nothing was."""
        rows = self._db.rows(f"SELECT {COLUMNS} FROM volumes WHERE name = ?", name)  # noqa: S608 (a constant)
        return _decode(rows[0]) if rows else None

    def all(self) -> dict[str, VolumeRecord]:
        """Return every row by its name."""
        return {record.name: record for record in map(_decode, self._db.rows(f"SELECT {COLUMNS} FROM volumes"))}  # noqa: S608

    def forget(self, name: str) -> None:
        """Drop the row, if there is one."""
        self._db.write("DELETE FROM volumes WHERE name = ?", name)


def _decode(row: tuple[Any, ...]) -> VolumeRecord:
    import json

    name, labels, options, anonymous, created = row
    return VolumeRecord(name, json.loads(labels), json.loads(options), bool(anonymous), created)

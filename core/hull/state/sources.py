"""The rows of sources: which blobs of registries hold a layer's very bytes. Kept when the layer itself is removed."""

from hull.light import NamedTuple
from hull.state.db import Database


class Source(NamedTuple):
    """One blob in one repository; `repository` is everything spelt out: docker.io/library/debian."""

    digest: str
    size: int
    media_type: str
    repository: str


class Sources:
    """What is recorded."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, diff_id: str, source: Source) -> None:
        """Record where a layer can be had; known already is no error."""
        self._db.behind.write("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?, ?)", diff_id, *source)

    def of(self, diff_id: str) -> list[Source]:
        """Return where a layer can be had, the latest known first."""
        sql = "SELECT digest, size, media_type, repository FROM sources WHERE diff_id = ? ORDER BY rowid DESC"
        return [Source(*row) for row in self._db.rows(sql, diff_id)]  # type: ignore[arg-type]

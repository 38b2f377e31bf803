"""A look at the database that waits for nobody and leaves nothing changed: for who only wants to name things."""

import sqlite3
from _thread import RLock
from urllib.parse import quote

from hull.errors import HostError
from hull.state.db import Database
from hull.state.schema import MIGRATIONS

PATIENCE = 0.05  # seconds for a lock; a reader meets one only while somebody recovers or migrates


class Glance(Database):
    """A database that is read and never made, migrated or written; one that cannot be read at once is an error."""

    def __init__(self, path: str) -> None:
        self._lock = RLock()
        try:
            self.connection = sqlite3.connect(
                f"file:{quote(path)}?mode=ro", uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise HostError(f"cannot look at {path}: {error}", "hull ps opens it and waits") from None
        if version != len(MIGRATIONS):
            self.connection.close()
            raise HostError(f"cannot look at {path}: another version of hull wrote it", "hull ps brings it up to date")

    @property
    def version(self) -> int:
        """A number that is another one after every write of somebody else's."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

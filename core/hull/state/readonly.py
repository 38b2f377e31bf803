"""A database of somebody else's, read and never written."""

import os
import sqlite3
from _thread import RLock
from urllib.parse import quote

from hull.errors import HostError
from hull.state.db import Database
from hull.state.schema import MIGRATIONS


class ReadOnly(Database):
    """A database that is not migrated: of another version of hull, or not to be read, it is an error.

    Where nobody has it open, or nothing can be written beside it, it is taken for one that does not change meanwhile:
    SQLite then writes nothing, not even locks.
    """

    def __init__(self, path: str) -> None:
        self._lock = RLock()
        quiet = not os.path.exists(f"{path}-wal") or not os.path.getsize(f"{path}-wal")
        first, second = ("immutable=1", "cache=private") if quiet else ("cache=private", "immutable=1")
        try:
            self.connection = _connect(path, first)
        except sqlite3.Error:
            try:
                self.connection = _connect(path, second)
            except sqlite3.Error as error:
                raise HostError(
                    f"cannot read {path}: {error}", "check HULL_SHARED_STORES, and who may read it"
                ) from None
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version != len(MIGRATIONS):
            self.connection.close()
            raise HostError(f"cannot read {path}: another version of hull wrote it", "use the same version for both")


def _connect(path: str, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro&{options}", uri=True, timeout=10, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM images").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection

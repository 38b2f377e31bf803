"""The database: what was asked. One connection a process, opened when first needed, migrated on the way."""

import os
import sqlite3
from _thread import RLock

from hull.errors import HostError
from hull.light import Any, made_once
from hull.state import database_file

MOST_ITEMS = 60


class Database:
    """SQLite in WAL mode. Autocommit outside `transaction()`; waits up to 10 s for another process's write.

    A write is on the disk when it returns; not where the database does not wait for that (`waits`). Threads share the
    connection: while one is in a transaction, the others wait.
    """

    def __init__(self, path: str, *, waits: bool = True) -> None:
        self._path = path
        self._lock = RLock()
        try:
            if not os.path.exists(path):
                database_file.publish(path)
            self.connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            database_file.migrate(self.connection)
            if not waits:
                self.connection.execute("PRAGMA synchronous=NORMAL")
        except (sqlite3.Error, OSError) as error:
            raise HostError(
                f"cannot open {path}: {error}", "check the disk, or move the file away and start anew"
            ) from None

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return every row of a query."""
        with self._lock:  # a write beside a read on one connection fails at once where another has written since
            return self.connection.execute(sql, values).fetchall()

    def free(self) -> bool:
        """Whether a query would begin at once: no thread is in a transaction."""
        if not self._lock.acquire(blocking=False):
            return False
        self._lock.release()
        return True

    def as_json(self, value: object) -> str:
        """Return the JSON of a plain value; the json module stays out, as with what is stored."""
        text, bound = as_json(value)
        return str(self.rows(f"SELECT {text}", *bound)[0][0])

    def write(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        with self._lock:
            return self.connection.execute(sql, values).rowcount

    def transaction(self) -> "Transaction":
        """All or nothing, in a `with`; takes the write lock at once."""
        return Transaction(self.connection, self._lock)

    @made_once
    def behind(self) -> "Database":
        """Open a connection for rows that a stop of the machine may take back, whole and the latest first.

        Each write that waits, and each sync of the file system, makes them safe with itself. For what only adds: a
        removal that comes back would speak of files that are gone.
        """
        return Database(self._path, waits=False)

    def close(self) -> None:
        """Close the file."""
        if "behind" in self.__dict__:
            self.__dict__.pop("behind").close()
        self.connection.close()


class Transaction:
    """What happens in the block is written whole, or not at all."""

    def __init__(self, connection: sqlite3.Connection, lock: RLock) -> None:
        self._connection = connection
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            self._end("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._lock.release()

    def _end(self, how: str) -> None:
        """End it; where the disk does not take it, so that the next can begin on this connection."""
        try:
            self._connection.execute(how)
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def as_json(value: Any) -> tuple[str, list[Any]]:
    """Return an SQL expression that makes JSON of a plain value, and what it is bound to: the json module stays out.

    SQLite's functions take 127 arguments at the most; a longer list or object is written by the json module.
    """
    if isinstance(value, bool):
        return f"json('{str(value).lower()}')", []
    if isinstance(value, dict | list | tuple):
        return _compound(value)
    if isinstance(value, str) and not _is_text(value):
        return _by_module(value)
    return "?", [value]


def _compound(value: Any) -> tuple[str, list[Any]]:
    if len(value) > MOST_ITEMS:
        return _by_module(value)
    named = isinstance(value, dict)
    parts = [as_json(inner) for inner in (value.values() if named else value)]
    bound = [item for _, items in parts for item in items]
    if named:
        quoted = ("'" + key.replace("'", "''") + "'" for key in value)
        return f"json_object({', '.join(f'{key}, {sql}' for key, (sql, _) in zip(quoted, parts, strict=True))})", bound
    return f"json_array({', '.join(sql for sql, _ in parts)})", bound


def _by_module(value: Any) -> tuple[str, list[Any]]:
    import json

    return "json(?)", [json.dumps(value)]


def _is_text(value: str) -> bool:
    """Whether SQLite takes it: an argument may hold bytes that are no text, as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

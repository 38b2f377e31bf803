"""The database: what was asked. One connection a process, opened when first needed, migrated on the way."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from hull.errors import Bug, HostError
from hull.state.schema import MIGRATIONS


class Database:
    """SQLite in WAL mode. Autocommit outside `transaction()`; waits up to 10 s for another process's write."""

    def __init__(self, path: str) -> None:
        try:
            if not os.path.exists(path):  # closing a second descriptor would drop SQLite's locks in this process
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # specs hold secrets
            self.connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise HostError(
                f"cannot open {path}: {error}", "check the disk, or move the file away and start anew"
            ) from None

    def _migrate(self) -> None:
        run = self.connection.execute
        version = run("PRAGMA user_version").fetchone()[0]
        if version == len(MIGRATIONS):
            return
        if version > len(MIGRATIONS):
            raise HostError("cannot use the database: a newer hull wrote it", "upgrade this hull")
        run("PRAGMA journal_mode=WAL")
        run("BEGIN IMMEDIATE")
        version = run("PRAGMA user_version").fetchone()[0]
        for script in MIGRATIONS[version:]:
            for statement in _statements(script):
                run(statement)
        run(f"PRAGMA user_version={len(MIGRATIONS)}")
        run("COMMIT")

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return every row of a query."""
        return self.connection.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; takes the write lock at once."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        raise Bug(
            f"unfinished statement in a migration: {pending.strip()[:60]}",
            f"report it with {os.path.basename(__file__)}",
        )

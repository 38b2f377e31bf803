"""The database's file: made beside its place and published whole, migrated step by step."""

import os
import sqlite3
from collections.abc import Iterator

from hull.errors import Bug, HostError
from hull.state.schema import MIGRATIONS


def publish(path: str) -> None:
    """Make the database beside its place and give it its name whole; where somebody else was first, theirs is it.

    Turning a database to WAL does not wait for others, so two that meet a new store must not both do it in place. The
    file is its owner's alone before anything is in it: specs hold secrets. It is synced once, not at every step.
    """
    fresh = f"{path}.{os.urandom(8).hex()}"
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        connection = sqlite3.connect(fresh, isolation_level=None)
        for pragma in ("synchronous=OFF", "journal_mode=WAL"):
            connection.execute(f"PRAGMA {pragma}")
        migrate(connection)
        connection.close()
        _sync(fresh)
        _link(fresh, path)
    finally:
        os.unlink(fresh)


def _sync(path: str) -> None:
    """Put a file's content on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _link(fresh: str, path: str) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        return


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that a database has not seen; one that a newer hull wrote is an error."""
    run = connection.execute
    version = run("PRAGMA user_version").fetchone()[0]
    if version == len(MIGRATIONS):
        return
    if version > len(MIGRATIONS):
        raise HostError("cannot use the database: a newer hull wrote it", "upgrade this hull")
    run("BEGIN IMMEDIATE")
    version = run("PRAGMA user_version").fetchone()[0]
    for script in MIGRATIONS[version:]:
        for statement in _statements(script):
            run(statement)
    run(f"PRAGMA user_version={len(MIGRATIONS)}")
    run("COMMIT")


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

"""What waits for the disk and what does not."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hull.state.db import Database
from hull.state.images import Images, LayerRecord
from hull.state.sources import Source, Sources

FULL, NORMAL = 2, 1
LAYER = LayerRecord("sha256:1", "range", "1", 5, "{}", "boot:1")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(str(tmp_path / "hull.db"))
    yield made
    made.close()


def test_a_write_waits_unless_it_is_behind(db: Database) -> None:
    assert db.rows("PRAGMA synchronous") == [(FULL,)]
    assert db.behind.rows("PRAGMA synchronous") == [(NORMAL,)]
    assert db.rows("PRAGMA journal_mode") == db.behind.rows("PRAGMA journal_mode") == [("wal",)]


def test_what_is_written_behind_is_there_for_everyone(db: Database, tmp_path: Path) -> None:
    Images(db).add_layer(LAYER)
    assert Images(db).layers() == Images(Database(str(tmp_path / "hull.db"))).layers() == [LAYER]


def test_only_what_adds_is_behind(db: Database) -> None:
    waited: list[str] = []
    db.connection.set_trace_callback(waited.append)
    images = Images(db)
    images.add_layer(LAYER)
    Sources(db).add("sha256:1", Source("sha256:2", 7, "", "localhost/a"))
    assert not waited
    images.forget_layer(LAYER)
    assert [sql.split()[0] for sql in waited] == ["DELETE"]


def test_a_new_database_lies_whole_in_one_file(db: Database, tmp_path: Path) -> None:
    beside = Database(str(tmp_path / "other.db"))
    beside.close()
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("hull.db")} == {"other.db"}


def test_one_that_the_disk_does_not_take_is_undone_and_the_next_begins(db: Database) -> None:
    db.write("PRAGMA foreign_keys=ON")
    db.write("CREATE TABLE one (n INTEGER PRIMARY KEY)")
    db.write("CREATE TABLE other (n INTEGER REFERENCES one DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError), db.transaction():
        db.write("INSERT INTO other VALUES (1)")  # what its end refuses
    assert db.rows("SELECT n FROM other") == []
    with db.transaction():
        db.write("INSERT INTO one VALUES (1)")
    assert db.rows("SELECT n FROM one") == [(1,)]


def test_threads_take_turns_with_transactions(db: Database) -> None:
    entered = threading.Barrier(8)
    db.write("CREATE TABLE counted (n INTEGER)")
    db.write("INSERT INTO counted VALUES (0)")

    def count() -> None:
        entered.wait()
        for _ in range(25):
            with db.transaction():
                ((number,),) = db.rows("SELECT n FROM counted")
                assert isinstance(number, int)
                db.write("UPDATE counted SET n = ?", number + 1)

    with ThreadPoolExecutor(8) as pool:
        for made in [pool.submit(count) for _ in range(8)]:
            made.result()
    assert db.rows("SELECT n FROM counted") == [(200,)]

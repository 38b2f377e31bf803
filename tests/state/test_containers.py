"""Rows and directories agree, or the row is forgotten."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import hull
import pytest
from hull import paths
from hull.errors import HostError, UserError
from hull.model import Image, Spec
from hull.state import schema
from hull.state.containers import Containers
from hull.state.db import Database
from hull.state.processes import start_tick

IMAGE = Image("sha256:1", "busybox", ("/layer",), env=("A=1",))


@pytest.fixture
def places(tmp_path: Path) -> paths.Paths:
    found = paths.Paths(str(tmp_path / "data"), str(tmp_path / "run"), str(tmp_path / "config"))
    paths.prepare(found)
    return found


@pytest.fixture
def containers(places: paths.Paths) -> Iterator[Containers]:
    db = Database(places.database)
    yield Containers(db, places)
    db.close()


def add(containers: Containers, places: paths.Paths, ident: str, **spec: str) -> str:
    os.mkdir(places.container(ident))
    return containers.add(ident, Spec("busybox", **spec), IMAGE).name  # type: ignore[arg-type]


def test_a_row_reads_back_whole(containers: Containers, places: paths.Paths) -> None:
    name = add(containers, places, "ab" * 32)
    row = containers.find(name)
    assert (row.config, row.spec, row.creator.alive) == (IMAGE, Spec("busybox"), True)
    assert containers.find("abab") == row


def test_a_taken_name_names_its_owner(containers: Containers, places: paths.Paths) -> None:
    add(containers, places, "a" * 64, name="web")
    with pytest.raises(UserError, match="in use by container aaaaaaaaaaaa"):
        add(containers, places, "b" * 64, name="web")


def test_the_name_of_a_container_that_is_gone_is_free(
    containers: Containers, places: paths.Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(containers, places, "a" * 64, name="web")
    shutil.rmtree(places.container("a" * 64))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2)
    assert add(containers, places, "b" * 64, name="web") == "web"


def test_ambiguous_and_unknown_words(containers: Containers, places: paths.Paths) -> None:
    add(containers, places, "a" * 64)
    add(containers, places, "a" * 63 + "b")
    with pytest.raises(UserError, match="cannot choose"):
        containers.find("aaa")
    for word in ("", "zz", "*", "a*"):
        with pytest.raises(UserError, match="no such container"):
            containers.find(word)


def test_names_are_made_up_until_one_is_free(containers: Containers, places: paths.Paths) -> None:
    names = {add(containers, places, f"{n:064x}") for n in range(50)}
    assert len(names) == 50


@pytest.mark.parametrize("version", range(len(schema.MIGRATIONS)))
def test_every_older_database_is_brought_up(tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "db")
    with monkeypatch.context() as patch:
        patch.setattr("hull.state.database_file.MIGRATIONS", schema.MIGRATIONS[:version])
        Database(path).close()
    db = Database(path)
    assert db.rows("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert db.rows("SELECT * FROM containers") == []
    db.close()


def test_a_container_of_the_first_version_is_read(places: paths.Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"image": "busybox", "name": "old", "stop_signal": "TERM"}
    config = {"id": "sha256:1", "reference": "busybox", "layers": ["/layer"], "env": ["A=1"]}
    with monkeypatch.context() as patch:
        patch.setattr("hull.state.database_file.MIGRATIONS", schema.MIGRATIONS[:1])
        db = Database(places.database)
        db.write(
            "INSERT INTO containers VALUES (?, 'old', '', ?, ?, '1 1 boot', 1.0, 0)",
            *("c" * 64, json.dumps(spec), json.dumps(config)),
        )
        db.close()
    os.mkdir(places.container("c" * 64))
    db = Database(places.database)
    row = Containers(db, places).find("old")
    assert (row.spec, row.config, row.desired) == (Spec("busybox", name="old", stop_signal="TERM"), IMAGE, "stopped")
    db.close()


def test_what_was_last_asked_is_kept(containers: Containers, places: paths.Paths) -> None:
    name = add(containers, places, "d" * 64)
    assert containers.find(name).desired == "running"
    containers.desire(containers.find(name), "stopped")
    assert containers.find(name).desired == "stopped"


def test_a_removal_that_was_cut_short_leaves_a_dead_container(containers: Containers, places: paths.Paths) -> None:
    name = add(containers, places, "e" * 64)
    containers.desire(containers.find(name), "removing")
    assert containers.status(containers.find(name)).state == "removing"
    with subprocess.Popen(["true"]) as ended:
        pass
    containers._db.write("UPDATE containers SET desired = ?", f"removing {ended.pid} 1 boot")
    assert containers.status(containers.find(name)).state == "dead"


def test_made_but_never_started_is_created_whoever_made_it(containers: Containers, places: paths.Paths) -> None:
    name = add(containers, places, "f" * 64)
    containers._db.write("UPDATE containers SET creator = '1 1 boot'")
    assert containers.status(containers.find(name)).state == "exited"
    containers.desire(containers.find(name), "stopped")
    assert containers.status(containers.find(name)).state == "created"


def test_what_another_process_is_starting_is_told_apart(containers: Containers, places: paths.Paths) -> None:
    name = add(containers, places, "9" * 64)
    row = containers.find(name)
    assert not containers.starting(row, containers.status(row))  # we ourselves
    with subprocess.Popen(["sleep", "60"]) as other:
        process = row.creator._replace(pid=other.pid, start=start_tick(other.pid))
        containers._db.write("UPDATE containers SET creator = ?", str(process))
        row = containers.find(name)
        assert containers.starting(row, containers.status(row))
        other.kill()
    assert not containers.starting(row, containers.status(row))


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "db"))
    db.write("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(HostError, match="newer"):
        Database(str(tmp_path / "db"))


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"not a database" * 100)
    with pytest.raises(HostError, match="cannot open"):
        Database(str(tmp_path / "db"))


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "db"))
    with pytest.raises(HostError), db.transaction():
        _write_and_fail(db)
    assert db.rows("SELECT * FROM tags") == []
    db.close()


def test_nobody_else_reads_what_was_asked(containers: Containers, places: paths.Paths) -> None:
    add(containers, places, "a" * 64, env=("PASSWORD=x",))
    found = [os.stat(places.data + "/" + name).st_mode & 0o077 for name in os.listdir(places.data) if "hull.db" in name]
    assert found
    assert not any(found)


def test_many_may_open_a_new_database_at_the_same_moment(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom hull.state.db import Database\n"
        "while time.time() < float(sys.argv[2]): pass\nDatabase(sys.argv[1])"
    )
    home = os.path.dirname(os.path.dirname(hull.__file__))
    for attempt in range(8):
        words = [sys.executable, "-c", code, str(tmp_path / f"db{attempt}"), str(time.time() + 0.4)]
        started = [subprocess.Popen(words, env={**os.environ, "PYTHONPATH": home}) for _ in range(4)]
        assert [process.wait() for process in started] == [0] * 4
    assert all("db" in name and "." not in name for name in os.listdir(tmp_path) if not name.endswith(("-wal", "-shm")))


def test_what_a_living_shell_ran_and_removed_is_forgotten_at_its_next_start(
    containers: Containers, places: paths.Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        ident = f"{n:064x}"
        os.mkdir(places.container(ident))
        containers.add(ident, Spec("busybox", remove=True), IMAGE)
        if n:
            os.rmdir(places.container(ident))
    assert containers.orphans() == []
    assert len(containers.all()) == 5  # one without a directory may be about to get it
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2)
    assert containers.orphans() == []
    assert [row.id for row in containers.all()] == [f"{0:064x}"]


def _write_and_fail(db: Database) -> None:
    db.write("INSERT INTO tags VALUES ('a', 'b')")
    message = "the disk is full"
    raise HostError(message)


def test_only_a_container_that_goes_with_its_end_does_not_wait_for_the_disk(places: paths.Paths) -> None:
    db = Database(places.database)
    waited: list[str] = []
    db.connection.set_trace_callback(lambda sql: None if sql.startswith("SELECT") else waited.append(sql.split()[0]))
    containers = Containers(db, places)
    row = containers.add("a" * 64, Spec("busybox", remove=True), IMAGE)._replace(created=0.0)
    assert [other.id for other in containers.all()] == [row.id]
    assert containers.forget_if_gone(row)
    assert not waited
    assert not containers.all()
    row = containers.add("b" * 64, Spec("busybox"), IMAGE)._replace(created=0.0)
    assert containers.forget_if_gone(row)
    assert waited == ["INSERT", "DELETE"]
    db.close()

"""Rows of checkpoints and stacks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hull.model import Image, Spec
from hull.paths import Paths
from hull.state.containers import Containers
from hull.state.db import Database
from hull.state.snapshots import FROZEN, Checkpoint, Snapshots, Stack

FIRST = Checkpoint("c", 0, 0, ("l1",), "make", 2, FROZEN, 5.0)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(str(tmp_path / "hull.db"))
    yield made
    made.close()


def test_a_container_without_a_row_stands_on_its_base(db: Database) -> None:
    assert Snapshots(db).stack("c") == Stack()


def test_a_stack_comes_back_as_it_was_written(db: Database) -> None:
    stack = Stack(("l1", "l2"), 3, (4, 5), "l3")
    Snapshots(db).stand("c", stack)
    assert Snapshots(db).stack("c") == stack


def test_numbers_are_a_containers_own_and_none_is_given_twice(db: Database) -> None:
    rows = Snapshots(db)
    assert [rows.add(FIRST), rows.add(FIRST), rows.add(FIRST._replace(container="d"))] == [1, 2, 1]
    assert rows.get("c", 1) == FIRST._replace(number=1)
    assert [one.number for one in rows.all("c")] == [1, 2]


def test_a_checkpoint_without_a_time_is_of_now(db: Database) -> None:
    rows = Snapshots(db)
    rows.add(FIRST._replace(created=0.0, code=None))
    found = rows.get("c", 1)
    assert found is not None
    assert found.created > FIRST.created
    assert found.code is None


def test_what_any_row_needs_is_reached(db: Database) -> None:
    rows = Snapshots(db)
    rows.add(FIRST._replace(layers=("l1", "l2")))
    rows.stand("d", Stack(("l2", "l3"), pending="l4"))
    assert rows.reached() == {"l1", "l2", "l3", "l4"}
    assert rows.forget("c")
    assert not rows.forget("c")
    assert rows.reached() == {"l2", "l3", "l4"}


def test_rows_of_containers_that_are_no_more_go(db: Database, tmp_path: Path) -> None:
    places = Paths(*(str(tmp_path / name) for name in ("data", "run", "config")))
    row = Containers(db, places).add("c", Spec("i"), Image("", "i", ()))
    rows = Snapshots(db)
    for container in (row.id, "gone"):
        rows.add(FIRST._replace(container=container))
        rows.stand(container, Stack(("l9",)))
    rows.forget_strays()
    assert rows.all("gone") == []
    assert rows.stack("gone") == Stack()
    assert rows.stack(row.id).layers == ("l9",)
    assert rows.latest() == row.id

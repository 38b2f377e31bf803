"""What completes words about tries: names, states, paths that differ, holes and profiles."""

import os
import time

import pytest
from hull.model import Trial
from hull.state.snapshots import Checkpoint, Snapshots, Stack

from tests.commands.test_complete import Store


@pytest.fixture
def store(tmp_path):
    """Give a store with two tries, the second of which has two checkpoints, and a container with none."""
    made = Store(tmp_path / "s")
    made.older = made.container("older", "exited", "host", trial=Trial())
    made.newer = made.container("newer", "exited", "host", trial=Trial())
    made.container("busy", "running", "host", trial=Trial())
    made.container("web", "exited")
    snapshots = Snapshots(made.engine.db)
    for number, label in ((1, "make install"), (2, "rm -r /opt")):
        snapshots.put(Checkpoint(made.newer.id, number, number - 1, ("a" * 24,), label, 0, "frozen", time.time() - 120))
    snapshots.stand(made.newer.id, Stack(("a" * 24,), 2))
    yield made
    made.completer.close()
    made.engine.close()


def touch(store, row, *paths):
    upper = f"{store.engine.paths.container(row.id)}/upper"
    for path in paths:
        os.makedirs(os.path.dirname(f"{upper}{path}"), exist_ok=True)
        open(f"{upper}{path}", "w").close()


def test_names_are_those_of_tries(store):
    assert store.texts("try --in ") == ["busy", "newer", "older"]
    assert store.texts("try --in=n") == ["--in=newer"]
    assert store.texts("drop ") == ["newer", "older"]
    assert store.texts("drop newer ") == ["older"]
    assert "busy" in store.texts("drop --force ")


def test_states_are_told_with_what_came_before_them(store):
    assert store.texts("branch ") == ["busy", "newer", "older"]
    assert [tuple(one) for one in store.offer("branch newer@")] == [
        ("newer@2", "rm -r /opt · 2 minutes ago"),
        ("newer@1", "make install · 2 minutes ago"),
    ]
    assert store.texts("log ne") == ["newer", "newer@2", "newer@1"]
    assert store.texts("try --on newer@1") == ["newer@1"]
    assert store.texts("diff newer@") == ["newer@2", "newer@1"]
    assert set(store.texts("diff ")) == {"busy", "newer", "older", "web"}


def test_paths_are_those_that_differ(store):
    touch(store, store.older, "/home/u/a", "/home/u/b", "/etc/hosts")
    frozen = f"{store.engine.paths.data}/snapshots/{'a' * 24}/opt"
    os.makedirs(f"{frozen}/in a checkpoint")
    touch(store, store.newer, "/opt/new")
    assert store.texts("diff older --path /") == ["/etc/", "/home/"]
    assert store.texts("diff older --path /home/u/") == ["/home/u/a", "/home/u/b"]
    assert store.texts("diff newer --path /opt/") == ["/opt/in a checkpoint/", "/opt/new"]


def test_a_home_and_this_directory_are_spelt_as_they_were_begun(store, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    touch(store, store.older, f"{tmp_path}/mine")
    assert store.texts("diff older --path ~/") == ["~/mine"]
    assert store.texts("diff older --path ./m") == ["./mine"]


def test_holes_and_profiles(store):
    assert {"ssh-agent", "docker"} <= set(store.texts("try --allow "))
    assert all(one.about for one in store.offer("try --allow "))
    assert {"default", "agent"} <= set(store.texts("try --profile "))
    assert store.texts("try --engine ") == ["auto", "kernel", "fuse"]


def test_a_key_takes_no_time(store):
    for number in range(200):
        store.container(f"many{number}", "exited", "host", trial=Trial())
    store.texts("drop ")
    began = time.process_time()
    assert len(store.texts("drop ")) == 202
    assert time.process_time() - began < 0.05

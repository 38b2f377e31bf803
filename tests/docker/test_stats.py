"""What a container uses: one look at the machine's processes for all who ask at the same time."""

import os

import pytest
from hull.docker import stats
from hull.errors import Missing
from hull.runtime import members

from tests.rows import EXIT, UP, Store


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path))
    store.add("web", UP)
    store.add("old", [*UP, EXIT])
    yield store
    store.engine.close()


def test_one_look_for_all(monkeypatch):
    taken = []
    real = members.Table.take
    monkeypatch.setattr(members.Table, "take", lambda: taken.append(1) or real())
    looks = stats.Looks()
    first = looks.take(os.getpid())
    assert looks.take(os.getpid()) is first
    assert looks.take(-1) is not first  # a process that was not there yet
    assert len(taken) == 2


def test_one_that_does_not_run_uses_nothing(store):
    found = stats.Taker(store.engine, "old", stats.Looks()).take()
    assert (found["name"], found["read"], found["cpu_stats"]) == ("/old", stats.NEVER, stats.IDLE)


def test_each_tells_the_last_ones_time(store):
    taker = stats.Taker(store.engine, "web", stats.Looks())
    first, second = taker.take(), taker.again()
    assert first["precpu_stats"] == stats.IDLE
    assert second["precpu_stats"] == first["cpu_stats"]
    assert second["preread"] == first["read"]
    assert second["cpu_stats"]["system_cpu_usage"] >= first["cpu_stats"]["system_cpu_usage"] > 0


def test_one_that_has_gone_ends_the_stream(store):
    taker = stats.Taker(store.engine, "old", stats.Looks())
    store.engine.containers.forget(store.ids["old"])
    assert taker.again() is None
    with pytest.raises(Missing):
        stats.Taker(store.engine, "old", stats.Looks())

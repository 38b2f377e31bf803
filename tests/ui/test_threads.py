"""Threads end when nobody looks, rest after looking, and tell failures instead of raising them."""

import itertools
import os
import threading
import time

import pytest
from hull.engine import Engine
from hull.errors import UserError
from hull.output import Piece
from hull.ui import feed, follow, looking, requests
from hull.ui.scroll import Scroll
from hull.ui.state import Request

from tests.ui.conftest import State, container
from tests.waiting import until


@pytest.fixture
def engine(cli, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", cli.root)
    made = Engine()
    made.resident = True
    yield made
    made.close()


@pytest.fixture
def quiet(cli):
    """Give a container that runs and says one line."""
    name = f"quiet-{os.getpid()}"
    line = "echo said; exec sleep 1000"
    cli("run", "-d", "--network", "none", "--name", name, "busybox", "sh", "-c", line, check=True)
    yield name
    cli("rm", "-f", name, check=True)


def follower(engine, name, scroll, failed=pytest.fail):
    made = follow.Follower(engine, name, scroll, lambda: None, failed)
    made.start()
    return made


@pytest.mark.needs("userns")
def test_a_follower_of_a_quiet_container_ends_at_once(engine, quiet):
    scroll = Scroll()
    thread = follower(engine, quiet, scroll)
    until(lambda: ("", "said") in [piece for line in scroll.view(80, 5) for piece in line], "the log")
    assert thread.is_alive()
    began = time.monotonic()
    thread.stop()
    thread.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - began < 0.9  # state.logs looks by itself once a second


def test_why_there_is_no_log_is_told(engine):
    told = []
    follower(engine, "nosuch", Scroll(), told.append).join(20)
    assert told == ["no such container: nosuch\nhull ps -a lists them"]


def test_of_a_flood_only_the_newest_is_shown(monkeypatch, engine):
    asked = []

    def recent(*words):
        asked.append(words)
        return (Piece(1, b"x\n" * 50_000) for _ in itertools.count())

    monkeypatch.setattr(follow, "recent", recent)
    monkeypatch.setattr(follow, "REST", 0.001)
    scroll = Scroll()
    thread = follower(engine, "any", scroll)
    until(lambda: len(asked) > 3, "new looks")
    thread.stop()
    thread.join(20)
    assert scroll.note == "too fast to show all"
    assert len(scroll) <= 10_000


def test_lists_are_read_when_something_changes_and_looking_is_bounded(monkeypatch, engine):
    seen, looks = threading.Event(), []

    def ps(*_words, **_flags):
        looks.append(time.monotonic())
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass
        return [container("one")]

    monkeypatch.setattr(feed, "ps", ps)
    monkeypatch.setattr(feed, "LISTS", {})
    monkeypatch.setattr(feed, "NOW_AND_THEN", 600)
    state = State()

    def post(change):
        change()
        seen.set()

    made = feed.Feed(state, post)
    threading.Thread(target=made._lists, args=(engine,), daemon=True).start()
    for _ in range(3):
        assert seen.wait(30)
        assert state.here.chosen().names == "one"
        seen.clear()
        for _ in range(20):
            made.refresh()
    assert all(later - before >= 0.01 * feed.SHARE for before, later in itertools.pairwise(looks))


def test_a_thread_that_fails_tells_it_and_goes_on(monkeypatch, engine):
    monkeypatch.setattr(feed, "NOW_AND_THEN", 0.001)
    monkeypatch.setattr(feed, "resident_engine", lambda: engine)
    state, rounds = State(), []
    made = feed.Feed(state, lambda change: change())

    def work(_engine):
        rounds.append(state.message.text if state.message else "")
        if len(rounds) == 3:
            raise SystemExit
        raise [UserError("the disk is full"), ZeroDivisionError("planted")][len(rounds) - 1]

    with pytest.raises(SystemExit):
        made._guarded(work)
    assert rounds == ["", "the disk is full", "this is a fault in hull: ZeroDivisionError: planted"]


@pytest.mark.parametrize(
    ("verb", "told"),
    [("stop", "no such container: nosuch (hull ps -a lists them)"), ("odd", "this is a fault in hull")],
)
def test_what_an_action_fails_of_is_told(engine, verb, told):
    done = []
    requests.begin(engine, Request(verb, "nosuch", "nosuch"), done.append)
    until(lambda: done, "the answer")
    assert done[0].startswith(told)


def test_titles():
    titles = [requests.title(Request(verb, "id", "web")) for verb in ("stop", "rm -f", "images rm")]
    assert titles == ["stop web", "rm -f web", "rm web"]


@pytest.mark.needs("userns")
def test_what_is_looked_at(engine, quiet):
    ident = engine.containers.find(quiet).id
    document = looking.look(engine, looking.Target("containers", ident, quiet, "inspect"))
    assert document["Name"] == f"/{quiet}"
    lines = looking.look(engine, looking.Target("containers", ident, quiet, "processes"))
    assert "sleep 1000" in "".join(lines)
    assert looking.look(engine, looking.Target("images", "", "busybox:latest", "layers"))[0].startswith("IMAGE")
    assert looking.look(engine, looking.Target("images", "", "busybox:latest", "inspect"))["Id"]
    assert looking.look(engine, looking.Target("networks", "none", "none", "inspect"))["Driver"] == "null"


@pytest.mark.needs("userns")
def test_a_looker_goes_on_after_a_failure_and_ends(engine, quiet, monkeypatch):
    monkeypatch.setattr(looking, "AGAIN", 0.001)
    found, failed = [], []
    monkeypatch.setattr(looking, "look", lambda *_: (_ for _ in ()).throw(UserError("not now", "wait")))
    thread = looking.Looker(engine, looking.Target("containers", "x", "x", "inspect"), found.append, failed.append)
    thread.start()
    until(lambda: failed, "the failure")
    monkeypatch.setattr(looking, "look", lambda *_: {"a": 1})
    until(lambda: found, "the document")
    thread.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert (failed[0], found[0]) == ("not now\nwait", {"a": 1})

"""Which events a listener hears, under which name, once."""

import json
import time

import pytest
from hull.docker import events, filters
from hull.errors import UserError
from hull.model import Image, Spec

IDENT = "a" * 64


def told(engine):
    return [json.loads(line) for _, line in events.kept(engine, events.asked("0", "", {}))]


def test_times_bound_what_is_told(engine):
    for name in ("one", "two"):
        engine.history.add("volume", "create", name, {"driver": "local"})
    first, second = engine.history.read()
    seconds, rest = divmod(second["timeNano"] - 1, 10**9)
    middle = f"{seconds}.{rest:09}"
    for asked, names in (
        (events.asked("0", "", {}), ["one", "two"]),
        (events.asked(middle, "", {}), ["two"]),
        (events.asked("", middle, {}), ["one"]),
        (events.asked("", f"{first['time'] - 5}", {}), []),
    ):
        assert [key[1] for key, _ in events.kept(engine, asked)] == names
    assert events.asked("", "", {}).left is None
    assert not events.asked("", "", {}).past
    later = events.asked("", f"{time.time() + 100:.3f}", {})
    assert (later.over, 90 < later.left <= 101) == (False, True)
    assert (events.asked("", "10", {}).over, events.asked("", "10", {}).left) == (True, 0.0)


def test_filters_of_what_never_happens_here_let_nothing_through(engine):
    engine.history.add("volume", "create", "one", {"driver": "local"})
    assert events.kept(engine, events.asked("0", "", {"service": ["x"]})) == []
    assert events.kept(engine, events.asked("0", "", {"type": ["volume", "network"], "event": ["create"]}))
    with pytest.raises(UserError, match="invalid filter 'odd'"):
        events.asked("", "", {"odd": ["x"]})


def test_a_line_is_made_once_and_leaves_the_event_as_it_was(engine):
    row = engine.containers.add(IDENT, Spec("busybox", name="new"), Image("sha256:1", "busybox", ()))
    lines = events.Lines(engine)
    engine.history.add("container", "die", row.id, {"name": "old", "image": "busybox", "exitCode": "0"})
    (event,) = engine.history.read()
    named, line = lines.keep(event, lines.make(event))
    assert named["Actor"]["Attributes"]["name"] == "new"  # a launcher knows the name of its start
    assert event["Actor"]["Attributes"]["name"] == "old"
    assert json.loads(line) == {"status": "die", "id": IDENT, "from": "busybox", **named}
    assert lines.known(dict(event))[1] is line
    assert lines.keep(event, lines.make(event))[1] is line


def test_lines_that_nobody_asks_for_again_are_forgotten(engine, monkeypatch):
    monkeypatch.setattr(events, "KEPT", 3)
    lines = events.Lines(engine)
    for number in range(10):
        engine.history.add("volume", "create", f"v{number}", {})
    made = [lines.keep(event, lines.make(event))[1] for event in engine.history.read()]
    assert len(set(made)) == 10
    assert len(lines._made) == 3


def test_a_filter_is_a_switch_only_with_one_word_of_it():
    assert filters.switch({}, "all", usual=True) is True
    assert [filters.switch({"all": [word]}, "all", usual=True) for word in ("1", "True", "0", "false")] == [
        True, True, False, False
    ]  # fmt: skip
    for odd in (["x"], ["1", "0"]):
        with pytest.raises(UserError, match=r"invalid filter 'all=\["):
            filters.switch({"all": odd}, "all", usual=True)
    assert filters.words({"a": ["1", "2"], "b": []}, ("a", "b")) == ("a=1", "a=2")

"""The events' file: one line a write, a rotation nobody notices."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import hull
import pytest
from hull import paths
from hull.paths import Paths
from hull.state import events as module
from hull.state.events import Events


@pytest.fixture
def events(tmp_path: Path) -> Events:
    place = Paths(str(tmp_path / "d"), str(tmp_path / "r"), str(tmp_path / "c"))
    paths.prepare(place)
    return Events(place)


def actions(found: Any) -> list[str]:
    return [event["Action"] for event in found]


def test_an_event_is_dockers_line(events: Events) -> None:
    events.add("container", "create", "ab12", {"name": 'a"\\\n\udcff', "image": "é"})
    with open(events.path, "rb") as file:
        (line,) = file.read().splitlines()
    event = json.loads(line)
    assert event["Actor"] == {"ID": "ab12", "Attributes": {"image": "é", "name": 'a"\\\n\udcff'}}
    assert (event["Type"], event["Action"], event["scope"]) == ("container", "create", "local")
    assert event["time"] == event["timeNano"] // 10**9
    assert abs(time.time() - event["time"]) < 60
    assert os.stat(events.path).st_mode & 0o777 == 0o600


def test_telling_imports_no_json() -> None:
    place = os.path.dirname(hull.__path__[0])
    code = f"import sys; sys.path.insert(0, {place!r}); from hull.state.events import line;"
    code += "line('a', 'b', 'c', {'d': 'e'}, 1); print('json' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_broken_and_torn_lines_are_no_events(events: Events) -> None:
    events.add("container", "one", "a")
    with open(events.path, "ab") as file:
        file.write(b'not json\n{"Type":"x"}\n[]\n{"Type":')
    assert actions(events.read()) == ["one"]


def test_a_place_that_cannot_be_written_stops_nobody(events: Events) -> None:
    os.mkdir(events.path)
    events.add("container", "one", "a")


def test_rotation_keeps_the_file_before(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2000)
    for n in range(100):
        events.add("container", str(n), "a")
    kept = [int(action) for action in actions(events.read())]
    assert kept == list(range(kept[0], 100))
    assert 10 < len(kept) < 100
    assert os.stat(f"{events.path}.1").st_size < 2500


def test_following_across_rotations_by_several_writers(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 20_000)
    found: list[str] = []
    ready = threading.Event()

    def follow() -> None:
        for event in events.follow():
            if event["Action"] == "begin":
                ready.set()
            elif event["Action"] == "end":
                return
            else:
                found.append(event["Action"])

    follower = threading.Thread(target=follow)
    follower.start()
    while not ready.is_set():
        events.add("container", "begin", "a")
        ready.wait(0.05)
    for start in range(0, 2000, 100):  # no writer is two files ahead of the reader: that much is promised
        writers = [
            threading.Thread(target=events.add, args=("container", f"{n}", "a")) for n in range(start, start + 100)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        deadline = time.monotonic() + 10
        while len(found) < start + 100 and time.monotonic() < deadline:
            time.sleep(0.001)
    events.add("container", "end", "a")
    follower.join(10)
    assert sorted(map(int, found)) == list(range(2000))
    assert os.path.exists(f"{events.path}.1")


def test_follow_begins_now_or_with_the_past(events: Events) -> None:
    events.add("container", "old", "a")
    assert actions(events.follow(time.time())) == []
    assert actions(events.follow(time.time(), past=True)) == ["old"]
    assert actions(Events(Paths(events.path + "no", "", "")).follow(time.time())) == []


def test_a_late_writer_of_the_old_file_is_heard(events: Events) -> None:
    events.add("container", "old", "a")
    with open(events.path, "ab") as late:
        following = events.follow(time.time() + 10, past=True)
        assert next(following)["Action"] == "old"
        os.rename(events.path, f"{events.path}.1")
        events.add("container", "new", "a")
        assert next(following)["Action"] == "new"
        late.write(module.line("container", "late", "a", {}, 1))
        late.flush()
        assert next(following)["Action"] == "late"
    following.close()  # type: ignore[attr-defined]

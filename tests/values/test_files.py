"""Values as JSON in files: what is written, what is read of a directory that a hostile program had, what is left."""

import datetime as dt
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from hull.errors import UserError
from hull.values.files import Files
from hull.values.outcome import NoAnswer


@pytest.fixture
def files(tmp_path):
    """Give `files(values, out)` below a directory of the test's."""

    def make(values, out=()):
        return Files("box", values, out, str(tmp_path), shutil.rmtree)

    return make


def sent(files, value):
    with files({"v": value}) as carrier:
        return json.loads(pathlib.Path(f"{carrier.directory}/in/v.json").read_text())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, (2.5, None)]}, {"a": [1, [2.5, None]]}),
        (dt.datetime(2020, 1, 2, tzinfo=dt.UTC), "2020-01-02T00:00:00+00:00"),
        (pathlib.Path("/x"), "/x"),
        ({1}, [1]),
        ("ä", "ä"),
    ],
    ids=["plain", "moment", "path", "set", "text"],
)
def test_a_value_is_written_as_json(files, value, text):
    assert sent(files, value) == text


def test_arrays_and_frames_are_lists_and_rows(files):
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert sent(files, {"a": np.array([[1.5, np.nan]]), "n": np.int8(3)}) == {"a": [[1.5, None]], "n": 3}
    assert sent(files, pd.DataFrame({"a": [1, 2], "b": ["x", None]})) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize(
    "value",
    [b"x", {1: 2}, {"a": {(1,): 2}}, float("nan"), [float("inf")], object(), 1j],
    ids=["bytes", "key", "inner key", "nan", "inf", "object", "complex"],
)
def test_what_json_has_nothing_for_is_named(files, tmp_path, value):
    with pytest.raises(UserError, match=r"cannot send v .* into box as JSON"):
        files({"fine": 1, "v": value})
    assert os.listdir(tmp_path) == []


def test_what_was_written_comes_back_and_nothing_is_left(files, tmp_path):
    with files({}, ["a", "b"]) as carrier:
        for name in ("a", "b"):
            pathlib.Path(f"{carrier.directory}/out/{name}.json").write_text('{"n": 1}')
        assert carrier.collect(0) == {"a": {"n": 1}, "b": {"n": 1}}
        with pytest.raises(NoAnswer):
            carrier.collect(2)
    assert os.listdir(tmp_path) == []


def link_to_a_secret(out):
    secret = out.parent.parent / "secret.json"
    secret.write_text('"secret"')
    (out / "a.json").symlink_to(secret)


def link_for_the_directory(out):
    other = out.parent.parent / "other"
    other.mkdir()
    for name in ("a", "b"):
        (other / f"{name}.json").write_text('"secret"')
    out.rmdir()
    out.symlink_to(other)


HOSTILE = {
    "a link": link_to_a_secret,
    "a link for the directory": link_for_the_directory,
    "a pipe": lambda out: os.mkfifo(out / "a.json"),
    "a directory": lambda out: (out / "a.json").mkdir(),
    "no JSON": lambda out: (out / "a.json").write_text("x"),
    "no text": lambda out: (out / "a.json").write_bytes(b"\xff\xfe\xff"),
    "deep": lambda out: (out / "a.json").write_text("[" * 1_000_000),
    "half": lambda out: (out / "b.json").write_text("1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_hostile_program_left_is_refused(files, name):
    with files({}, ["b", "a"]) as carrier:
        out = pathlib.Path(carrier.directory, "out")
        if name != "half":
            (out / "b.json").write_text("1")
        if name == "a link for the directory":
            (out / "b.json").unlink()
        HOSTILE[name](out)
        with pytest.raises(UserError, match=r"cannot take . out of box") as found:
            carrier.collect(0)
        assert "no plain file" in str(found.value) or name != "a pipe"


LEAVING = """
import os, shutil, sys
from hull.values.files import Files
carrier = Files("box", {"v": 1}, [], sys.argv[1], shutil.rmtree)
print(carrier.directory, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_by_the_next_and_a_live_one_s_is_not(files, tmp_path):
    started = []
    for _ in range(2):
        argv = [sys.executable, "-c", LEAVING, str(tmp_path)]
        started.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    killed, alive = (process.stdout.readline().strip() for process in started)
    started[0].kill()
    started[0].communicate()
    try:
        with files({}):
            assert not os.path.exists(killed)
            assert os.path.exists(alive)
    finally:
        started[1].kill()
        started[1].communicate()

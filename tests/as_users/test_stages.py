"""A stage that takes too long says what it was at and leaves nothing behind; a test that hangs is one failure."""

import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import conftest
from tests.as_users import processes, stages
from tests.as_users.identities import Identity
from tests.waiting import until

TREE = """
import subprocess, sys, time
subprocess.Popen(["sh", "-c", "sleep 4711; :"])                             # dies with its session
subprocess.Popen(["sh", "-c", "sleep 4712 & exit"]).wait()                   # its parent is gone
subprocess.Popen(["sh", "-c", "sleep 4713; :"], start_new_session=True)      # a session of its own
print("up", flush=True)
time.sleep(1000)
"""
SLEEPERS = (4711, 4712, 4713)
HANGS = "import time\ndef test_hangs() -> None:\n    time.sleep(1000)\ndef test_passes() -> None: ...\n"


def stage(tmp_path: Path, *argv: str, minutes: float, is_pytest: bool = False) -> stages.Stage:
    me = pwd.getpwuid(os.geteuid())
    who = Identity(me.pw_name, os.geteuid(), os.getegid(), str(tmp_path), str(tmp_path))
    return stages.Stage(who, "a stage", argv, minutes, pytest=is_pytest, env=(("PYTHON", sys.executable),))


@pytest.fixture
def hanging() -> Iterator["subprocess.Popen[bytes]"]:
    argv = [sys.executable, "-c", TREE]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == b"up\n"
        until(lambda: {f"sleep {n}" for n in SLEEPERS} <= {member.words for _, member in processes.family(process.pid)})
        yield process
        processes.end(process.pid)


def test_what_is_ended_is_told_with_all_it_started(
    tmp_path: Path, hanging: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    late = stages._end(hanging, stage(tmp_path, minutes=3))
    told = capsys.readouterr().out
    assert late == "still running after 3 minutes"
    assert re.search(rf"\n  {hanging.pid} [RS] .*: {sys.executable} -c", told)
    running = [process.words for process in processes._all()]
    for number in SLEEPERS:
        assert f": sleep {number}\n" in told
        assert f"sleep {number}" not in running


def test_a_stage_has_a_limit(tmp_path: Path) -> None:
    outcome = stages.run(stage(tmp_path, "sleep", "1000", minutes=0.005))
    assert (outcome.passed, outcome.failed, outcome.problem) == (0, 0, "still running after 0.005 minutes")


def test_a_worker_says_which_test_it_runs() -> None:
    words = (f"{processes.RUNNING}tests/a.py::test_b", "[pytest-xdist idle]", "sleep 1")
    members = [(0, processes.Process(1, 0, 0, "S", "-", text)) for text in words]
    assert processes.tests_of(members) == ["tests/a.py::test_b"]


def test_workers_have_titles(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANGS)
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", "test_it.py"]
    with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        found = until(lambda: processes.tests_of(processes.family(process.pid)), seconds=60)
        processes.end(process.pid)
    assert found == ["test_it.py::test_hangs"]


def test_a_test_that_hangs_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANGS)
    outcome = stages.run(stage(tmp_path, "-o", "timeout=1", "test_it.py", minutes=1, is_pytest=True))
    assert (outcome.passed, outcome.failed, outcome.problem) == (1, 1, "")


RACES = """
import pathlib
def count(name):
    with open(name, "a") as file:
        file.write("x")
    return len(pathlib.Path(name).read_text())
def test_fails_once() -> None:
    assert count("once") != 1
def test_fails_now_and_then() -> None:
    assert count("now and then") not in (1, 3)
def test_fails_mostly() -> None:
    assert count("mostly") not in (1, 2, 4)
def test_passes() -> None: ...
"""


@pytest.mark.slow
def test_what_passes_alone_most_times_is_told_as_unstable(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    (tmp_path / "test_it.py").write_text(RACES)
    outcome = stages.run(stage(tmp_path, "-p", "no:cacheprovider", "test_it.py", minutes=1, is_pytest=True))
    assert (outcome.passed, outcome.failed, outcome.problem) == (3, 1, "")
    assert outcome.unstable == ("test_it.py::test_fails_once", "test_it.py::test_fails_now_and_then")
    assert outcome.broken == ("test_it.py::test_fails_mostly",)
    assert "again, alone: test_it.py::test_fails_now_and_then" in capfd.readouterr().out


def test_every_test_has_a_limit(request: pytest.FixtureRequest) -> None:
    assert float(request.config.getini("timeout")) == 180


@pytest.mark.slow
def test_a_long_one_has_more(request: pytest.FixtureRequest) -> None:
    assert [mark.args for mark in request.node.iter_markers("timeout")] == [(conftest.LIMIT,)]


def test_pytest_does_not_explain_megabytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    who = stage(tmp_path, minutes=1).who
    monkeypatch.setenv("CI", "true")
    assert who.env()["CI"] == ""  # there for Hypothesis, empty for pytest
    monkeypatch.delenv("CI")
    assert "CI" not in who.env()

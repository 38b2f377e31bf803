"""The table: filled by trying, kept for one boot, never consulted behind anyone's back."""

import os
import subprocess

import pytest
from hull.kernel import features
from hull.kernel.features import Host
from hull.paths import Paths


@pytest.fixture
def places(tmp_path):
    for name in ("run", "tmp"):
        (tmp_path / name).mkdir()
    return Paths(str(tmp_path), str(tmp_path / "run"), str(tmp_path))


class Run:
    """Stand for engine.confine: count the starts, answer as told."""

    def __init__(self, script):
        self.script, self.started = script, []

    def __call__(self, argv, **options):
        self.started.append((argv, os.stat(argv[4])))
        return subprocess.Popen(["sh", "-c", self.script], **options)


def test_has_is_hopeful_and_starts_nothing(places, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    host = Host(places)
    assert host.has("overlay")
    assert host.why("overlay") == ""
    assert not host.tried("overlay")


def test_a_probe_runs_once_and_is_remembered_by_the_next_process(places):
    run = Run("echo noise; echo no such thing; exit 1")
    assert Host(places).probe("overlay", run) == "no such thing"
    assert Host(places).probe("overlay", run) == "no such thing"
    assert len(run.started) == 1
    assert not Host(places).has("overlay")
    assert Host(places).probe("link-up", Run("exit 0")) == ""
    assert Host(places).has("link-up")
    assert Host(places).why("overlay") == "no such thing"
    assert os.listdir(places.scratch) == []


def test_a_silent_failure_is_still_one(places):
    assert Host(places).probe("overlay", Run("exit 7")) == "exit code 7"


def test_a_probe_that_hangs_is_ended(places, monkeypatch):
    monkeypatch.setattr(features, "TIMEOUT", 0.1)
    assert "no answer" in Host(places).probe("overlay", Run("exec sleep 60"))


@pytest.mark.parametrize("change", ["boot", "helper", "hull"])
def test_what_may_have_changed_is_tried_anew(places, monkeypatch, change, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text("")
    monkeypatch.setattr(features.programs, "find", lambda name: str(helper))
    Host(places).probe("overlay", Run("exit 1"))
    assert Host(places).tried("overlay")
    if change == "boot":
        with open(f"{places.runtime}/features", "r+") as file:
            file.write("00000000")
    elif change == "helper":
        os.utime(helper, (1, 1))
    else:
        monkeypatch.setattr(features, "__version__", "next")
    assert not Host(places).tried("overlay")


def test_forgetting(places):
    host = Host(places)
    host.forget()
    host.probe("overlay", Run("exit 1"))
    host.forget()
    assert not host.tried("overlay")
    assert not Host(places).tried("overlay")


def test_help_is_asked_once(places, tmp_path):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho x >> {tmp_path}/asked\necho '--option'; echo '--other' >&2\n")
    program.chmod(0o755)
    assert Host(places).help(str(program)) == Host(places).help(str(program)) == "--option\n--other\n"
    assert (tmp_path / "asked").read_text() == "x\n"


def test_a_child_python_finds_the_same_hull(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    core, _, rest = features.environment()["PYTHONPATH"].partition(":")
    assert os.path.isfile(f"{core}/hull/kernel/features.py")
    assert rest == "/elsewhere"

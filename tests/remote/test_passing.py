"""What ssh brings becomes a file only where ssh and the verb there say that it is all: an ssh of the test's own."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from hull.commands._line import read
from hull.contexts.context import HULL, Context
from hull.errors import HostError
from hull.output import Piece
from hull.remote import taking
from hull.remote.overssh import Passing

BOX = Context("box", "ssh://far", HULL)
HEAVY = {
    "tempfile",
    "shutil",
    "hashlib",
    "http.client",
    "ssl",
    "hull.contexts.client",
    "hull.images",
    "hull.commands.run",
}


def passing(tmp_path: pathlib.Path, script: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Passing:
    made = tmp_path / "bin" / "ssh"
    made.parent.mkdir()
    made.write_text(f'#!/bin/sh\ncase "$*" in *" save "*) {script};; esac\n')
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return Passing(BOX, str(tmp_path), taking.taken(read([*words])), "save")


@pytest.mark.parametrize(("code", "after"), [(0, "new"), (125, "old")])
def test_a_file_is_replaced_only_by_a_whole_one(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, code: int, after: str
) -> None:
    file = tmp_path / "out.tar"
    file.write_text("old")
    asked = passing(tmp_path, f"printf new; exit {code}", monkeypatch, "save", "-o", str(file), "i")
    assert asked.passed() == code
    assert file.read_text() == after
    assert [one.name for one in tmp_path.glob("out.tar*")] == ["out.tar"]


def test_a_connection_that_breaks_leaves_no_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.tar"
    script = 'while [ "$1" != -E ]; do shift; done; echo gone >>"$2"; printf half; exit 255'
    with pytest.raises(HostError, match="cannot reach the context box: gone"):
        passing(tmp_path, script, monkeypatch, "save", "-o", str(file), "i").passed()
    assert not file.exists()


def test_a_disk_that_is_full_ends_the_verb_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = passing(tmp_path, "cat /dev/zero", monkeypatch, "save", "-o", "/dev/full", "i")
    with pytest.raises(HostError, match="cannot write /dev/full: No space left"):
        asked.passed()


def test_who_stops_looking_ends_the_verb_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    script = f'echo begun; exec sleep 1000 ;; *" --signal "*) echo "$*" >{said}; exit 1'
    asked = passing(tmp_path, script, monkeypatch, "save", "i")
    pieces = asked.pieces()
    assert next(pieces) == Piece(1, b"begun\n")
    pieces.close()
    assert asked._started is not None
    assert asked._started.wait(20) == -signal.SIGINT
    assert said.read_text().endswith(" SIGINT\n")


def test_what_a_second_command_by_ssh_waits_for_is_light(tmp_path: pathlib.Path) -> None:
    """Half of its time would be imports of what speaks Docker's API."""
    code = """
import sys
from hull.commands._line import read
from hull.remote import carrying, overssh, taking
context, runtime = carrying.find("box")
overssh.Passing(context, runtime, taking.taken(read(["ps", "-a"])), "ps").argv("-T")
print(*sys.modules)
"""
    env = {**os.environ, "HULL_ROOT": f"{tmp_path}/s"}
    made = [sys.executable, "-m", "hull", "context", "create", "box", "ssh://far"]
    subprocess.run(made, env=env, check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    assert HEAVY.intersection(done.stdout.split()) == set()

"""The launcher's lines, folded; torn and missing ones included."""

import json
from pathlib import Path
from typing import Any

from hull.state import status
from hull.state.processes import Process

OWN = Process.own()


def line(event: str, **fields: Any) -> bytes:
    return json.dumps({"event": event, **fields}).encode()


CREATED = line("created", time=1.0, launcher=OWN.pid, start=OWN.start)
READY = line("ready", pid=OWN.pid, start=OWN.start)
EXEC = line("exec")
EXIT = line("exit", code=3, signal=0, oom=True, time=2.0)


def test_a_life() -> None:
    lines = [CREATED, READY, EXEC, EXIT]
    assert [status.judge(lines[:n], OWN.boot).state for n in range(5)] == [
        "created",
        "created",
        "created",
        "running",
        "exited",
    ]
    last = status.judge(lines, OWN.boot)
    assert (last.exit_code, last.oom, last.started, last.finished) == (3, True, 1.0, 2.0)


def test_a_killed_launcher_is_an_exit_with_137() -> None:
    lines = [line("created", time=1.0, launcher=OWN.pid, start=OWN.start + 1), READY, EXEC]
    found = status.judge(lines, OWN.boot)
    assert (found.state, found.exit_code) == ("exited", 137)


def test_after_a_reboot_nothing_runs() -> None:
    assert status.judge([CREATED, READY, EXEC], "the boot before").state == "exited"


def test_a_failure_before_exec_keeps_its_text() -> None:
    found = status.judge([CREATED, line("failed", code=125, text="cannot mount")], OWN.boot)
    assert (found.state, found.exit_code, found.error) == ("exited", 125, "cannot mount")


def test_a_torn_last_line_was_never_written(tmp_path: Path) -> None:
    (tmp_path / "status").write_bytes(CREATED + b"\n" + READY + b"\n" + EXEC + b"\n" + EXIT[:10])
    assert status.read(str(tmp_path), OWN.boot).state == "running"


def test_no_file_and_no_directory(tmp_path: Path) -> None:
    assert status.read(str(tmp_path), OWN.boot).state == "created"
    assert status.read(str(tmp_path / "x"), OWN.boot).state == "gone"

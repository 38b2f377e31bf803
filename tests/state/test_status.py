"""The launcher's lines, folded; torn and missing ones included."""

import json
from pathlib import Path
from typing import Any

import pytest
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


def test_a_container_that_only_waits_says_so_until_its_next_run() -> None:
    lines = [CREATED, READY, EXEC, line("idle", time=1.5), EXIT]
    assert status.judge(lines, OWN.boot).idle
    assert not status.judge([*lines, CREATED, READY], OWN.boot).idle


def test_a_killed_launcher_is_an_exit_with_137() -> None:
    lines = [line("created", time=1.0, launcher=OWN.pid, start=OWN.start + 1), READY, EXEC]
    found = status.judge(lines, OWN.boot)
    assert (found.state, found.exit_code) == ("exited", 137)


def test_a_monitor_that_lives_has_yet_to_tell_of_its_launchers_end() -> None:
    dead = line("created", time=1.0, launcher=OWN.pid, start=OWN.start + 1)
    lines = [line("monitor", pid=OWN.pid, start=OWN.start), dead, READY, EXEC]
    assert status.judge(lines, OWN.boot).state == "running"
    assert status.judge([*lines, EXIT], OWN.boot).exit_code == 3


def test_an_end_that_is_told_while_one_looks_is_no_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "status"
    lines = [line("created", time=1.0, launcher=OWN.pid, start=OWN.start), READY, EXEC]
    file.write_bytes(b"\n".join([*lines, b""]))

    def end(_process: Process) -> bool:  # the launcher writes its last line and goes, between a read and the look
        file.write_bytes(b"\n".join([*lines, EXIT, b""]))
        return False

    monkeypatch.setattr(Process, "alive", property(end))
    found = status.read(str(tmp_path), OWN.boot)
    assert (found.exit_code, found.error) == (3, "")


def test_a_launcher_that_became_something_else_stands_beside_nothing() -> None:
    before = status.judge([CREATED, READY, EXEC, EXIT], OWN.boot)
    after = status.judge([CREATED, READY, EXEC, EXIT, line("then", time=3.0)], OWN.boot)
    assert (before.state, before.active) == ("exited", True)
    assert (after.state, after.exit_code, after.active) == ("exited", 3, False)


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


MONITOR = line("monitor", pid=OWN.pid, start=OWN.start, time=0.5)
GONE = {"pid": OWN.pid, "start": OWN.start + 1}
RESTARTING = line("restarting", code=1, delay=100, count=2, time=2.5)


def state(*lines: bytes, boot: str = OWN.boot) -> str:
    return status.judge(list(lines), boot).state


def test_the_words_of_a_detached_life() -> None:
    lines = [MONITOR, CREATED, READY, EXEC, line("paused", time=1.0), line("unpaused", time=1.0)]
    lines += [EXIT, RESTARTING, CREATED, READY, EXEC, line("stopping", signal=15, time=3.0), EXIT]
    words = "created created created created running paused running exited restarting created created running stopping"
    assert [state(*lines[:n]) for n in range(len(lines))] == words.split()
    assert state(*lines, line("ended", time=4.0)) == "exited"


def test_what_a_monitor_knows_outlives_a_run_and_not_itself() -> None:
    health = line("health", status="unhealthy", failing=3, time=2.0)
    again = [MONITOR, CREATED, READY, EXEC, health, EXIT, RESTARTING, CREATED, READY, EXEC]
    found = status.judge(again, OWN.boot)
    assert (found.monitor, found.restarts, found.health, found.failing) == (OWN, 2, "unhealthy", 3)
    fresh = status.judge([*again, EXIT, line("ended", time=4.0), MONITOR], OWN.boot)
    assert (fresh.restarts, fresh.health, fresh.state) == (0, "", "created")


def test_a_monitor_that_was_killed_between_two_runs_restarts_nothing() -> None:
    found = status.judge([line("monitor", **GONE, time=1.0), CREATED, READY, EXEC, EXIT, RESTARTING], OWN.boot)
    assert (found.state, found.exit_code, found.error) == ("exited", 1, "the monitor was killed")
    assert state(line("monitor", **GONE, time=1.0)) == "exited"


def test_the_shortened_file_means_the_same() -> None:
    found = status.judge([MONITOR, RESTARTING], OWN.boot)
    assert (found.state, found.restarts, found.exit_code) == ("restarting", 2, 1)


def test_a_stop_that_was_asked_for_during_the_start_is_not_forgotten() -> None:
    assert state(MONITOR, CREATED, line("stopping", signal=15, time=1.0), READY, EXEC) == "stopping"


def test_after_a_reboot_even_a_restarting_one_is_exited() -> None:
    found = status.judge([MONITOR, RESTARTING], "the boot before")
    assert (found.state, found.error) == ("exited", "the machine was restarted")


def test_a_verbs_line_is_added_whole(tmp_path: Path) -> None:
    (tmp_path / "status").write_bytes(b"\n".join([MONITOR, CREATED, READY, EXEC, b""]))
    status.append(str(tmp_path), "paused", 12.0)
    assert status.read(str(tmp_path), OWN.boot).state == "paused"
    with pytest.raises(FileNotFoundError):
        status.append(str(tmp_path / "x"), "paused", 12.0)

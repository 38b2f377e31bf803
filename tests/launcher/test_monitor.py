"""A container without a shell: who stays beside it, who dies with whom, and what is left."""

import fcntl
import json
import os
import signal
import subprocess

import pytest
from hull.state.locks import watched

from tests.launcher.monitored import Monitored
from tests.repeat import times
from tests.waiting import gone, until

FOREVER = "trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done"


def test_the_starter_returns_when_the_program_runs(detached: Monitored) -> None:
    assert not detached.sh("echo out; echo err >&2; exit 3")
    assert detached.end()["code"] == 3
    assert [event["event"] for event in detached.box.events()] == [
        "monitor", "created", "ready", "exec", "exit", "ended",
    ]  # fmt: skip
    assert (detached.text(), detached.text("stderr")) == ("out\n", "err\n")
    assert not os.path.exists(f"{detached.box.base}/monitor")


@pytest.mark.parametrize(("word", "code"), [("nothing-here", 127), ("/etc", 126)])
def test_a_failed_start_is_the_starters_failure(detached: Monitored, word: str, code: int) -> None:
    said = detached.start(word, code=code, monitor=(("restart", "always", "0"),))
    assert said.startswith(f"hull: cannot run {word}: ")
    assert said.count("\n") == 1
    detached.await_event("ended")
    assert [event["code"] for event in detached.box.events() if event["event"] == "failed"] == [code]


def test_a_start_that_is_over_at_once_is_told_as_what_it_was(detached: Monitored) -> None:
    """The container can be dead and reaped before its launcher reads that it stood."""
    for _ in range(times(40, 400)):
        detached.start("nothing-here", code=127)
        detached.await_event("ended")
        assert all(event["pid"] and event["start"] for event in detached.box.events() if event["event"] == "ready")
        until(lambda: not watched(detached.box.base), "the monitor's end")
        os.unlink(detached.box.status)


def test_a_broken_plan_is_told_too(detached: Monitored) -> None:
    said = detached.start("true", code=125, monitor=(("log", "carrier-pigeon", "/x", "0", "1"),))
    assert said.startswith("hull: cannot log by carrier-pigeon: ")


def test_it_has_a_session_and_streams_of_its_own(detached: Monitored) -> None:
    reader, writer = os.pipe()
    detached.sh("exec sleep 1000", extra=())
    monitor = detached.pids()["monitor"]
    assert os.getsid(monitor) not in {os.getsid(0), monitor}
    assert os.readlink(f"/proc/{monitor}/cwd") == "/"
    files = [os.readlink(f"/proc/{monitor}/fd/{fd}") for fd in os.listdir(f"/proc/{monitor}/fd")]
    assert files.count("/dev/null") == 3
    assert not [name for name in files if str(os.fstat(reader).st_ino) in name]
    os.close(reader)
    os.close(writer)


def test_its_standard_input_is_empty(detached: Monitored) -> None:
    detached.sh("cat; echo end")
    detached.end()
    assert detached.text() == "end\n"


@pytest.mark.parametrize("victim", ["monitor", "launcher"])
def test_whoever_is_killed_nothing_runs_on(detached: Monitored, victim: str) -> None:
    detached.sh("sleep 1000 & sleep 1000")
    pids = detached.pids()
    os.kill(pids[victim], signal.SIGKILL)
    assert all(gone(pid) for pid in pids.values())
    if victim == "launcher":
        assert detached.end() | {"time": 0} == {"event": "exit", "code": 137, "signal": 9, "oom": False, "time": 0}


def test_a_starter_that_is_killed_starts_nothing(detached: Monitored) -> None:
    reader, writer = os.pipe()  # a helper that is never ready keeps the start from going on
    helper = (("helper", "slow", "fd"), ("helper-arg", "/bin/sleep"), ("helper-arg", "1000"))
    child = detached.box.start(detached.plan("sleep", "1000", extra=helper), stderr=subprocess.PIPE)
    ready = detached.await_event("ready")
    monitor = detached.await_event("monitor")
    child.kill()
    assert gone(ready["pid"])
    assert gone(monitor["pid"])
    assert detached.end()["code"] == 137
    os.close(reader)
    os.close(writer)


def test_sigterm_stops_the_container_gracefully(detached: Monitored) -> None:
    detached.sh(FOREVER)
    detached.await_text("up\n")
    os.kill(detached.pids()["monitor"], signal.SIGTERM)
    assert detached.end()["code"] == 7
    assert detached.box.events()[-3]["event"] == "stopping"


def test_stop_answers_with_the_code(detached: Monitored) -> None:
    detached.sh(FOREVER)
    detached.await_text("up\n")
    assert detached.control.stop(signal.SIGTERM, 30) == 7


def test_stop_kills_who_does_not_listen(detached: Monitored) -> None:
    detached.sh("trap '' TERM; echo up; while :; do sleep 1; done")
    detached.await_text("up\n")
    assert detached.control.stop(signal.SIGTERM, 0.1) == 137
    assert detached.end()["signal"] == 9


def test_a_signal_is_forwarded(detached: Monitored) -> None:
    detached.sh("trap 'echo got' USR1; trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done")
    detached.await_text("up\n")
    detached.control.signal(signal.SIGUSR1)
    detached.await_text("got\n")
    detached.control.signal(signal.SIGTERM)
    assert detached.end()["code"] == 7
    assert "stopping" not in [event["event"] for event in detached.box.events()]


def test_what_it_shall_remove_goes_last(detached: Monitored) -> None:
    detached.sh("mkdir -m 700 /a; touch /a/b; exit 4", extra=(("remove", detached.box.upper),))
    assert detached.end()["code"] == 4
    assert not os.path.exists(detached.box.upper)


def test_a_second_monitor_is_refused(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    assert "has a monitor already" in detached.sh("true", code=125)
    assert detached.control.state()["init"]
    assert "failed" not in [event["event"] for event in detached.box.events()]


def test_a_monitor_that_nobody_can_see_yet_is_one(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    os.unlink(f"{detached.box.base}/monitor")
    os.unlink(f"{detached.box.base}/status")
    assert watched(detached.box.base)
    assert "has a monitor already" in detached.sh("true", code=125)


def test_a_monitor_is_one_until_its_end(detached: Monitored) -> None:
    assert not watched(detached.box.base)
    detached.sh("sleep 1000 & exec sleep 1000")
    pids = detached.pids()
    assert watched(detached.box.base)
    os.kill(pids["monitor"], signal.SIGSTOP)
    os.kill(pids["launcher"], signal.SIGKILL)
    assert gone(pids["init"])
    assert watched(detached.box.base)
    os.kill(pids["monitor"], signal.SIGKILL)
    assert gone(pids["monitor"])
    assert not watched(detached.box.base)


def test_a_socket_that_a_killed_monitor_left_is_no_hindrance(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    pids = detached.pids()
    os.kill(pids["monitor"], signal.SIGKILL)
    assert all(gone(pid) for pid in pids.values())
    assert os.path.exists(f"{detached.box.base}/monitor")
    os.unlink(detached.box.status)
    detached.sh("exit 5")
    assert detached.end()["code"] == 5


def test_requests_that_are_none_are_refused(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    control = detached.control
    for request in ("nonsense", "stop", "stop x 1", "stop 0 1", "signal", "signal 99 0", "update sometimes 0"):
        assert control._ask(request).startswith("error "), request
    assert control.state()["policy"] == "no"


def test_a_full_events_file_gets_a_second_name(detached: Monitored) -> None:
    path = f"{detached.box.base}/events"
    with open(path, "wb") as file:
        file.truncate(4 << 20)
    detached.box.give(path)
    detached.sh("exit 3", extra=(("events", path, "{}"),))
    detached.end()
    assert os.stat(f"{path}.1").st_size == 4 << 20
    with open(path) as lines:
        assert [json.loads(line)["Action"] for line in lines] == ["start", "die"]


def test_a_full_events_file_that_another_has_renamed_is_not_lost(detached: Monitored) -> None:
    path = f"{detached.box.base}/events"
    with open(path, "wb") as file:
        file.truncate(4 << 20)
        fcntl.flock(file, fcntl.LOCK_EX)  # somebody is at it
        detached.box.give(path)
        detached.sh("exit 3", extra=(("events", path, "{}"),))
        detached.end()
    assert not os.path.exists(f"{path}.1")
    assert os.stat(path).st_size > 4 << 20


def test_events_are_dockers(detached: Monitored) -> None:
    path = f"{detached.box.base}/events"
    detached.sh("exit 3", extra=(("id", "abc"), ("events", path, '{"image":"i","name":"n"}')))
    detached.end()
    with open(path) as file:
        start, die = [json.loads(line) for line in file]
    assert (start["Type"], start["Action"], start["Actor"]["ID"]) == ("container", "start", "abc")
    assert start["Actor"]["Attributes"] == {"image": "i", "name": "n"}
    assert die["Action"] == "die"
    assert die["Actor"]["Attributes"] == {"image": "i", "name": "n", "exitCode": "3", "execDuration": "0"}
    assert die["timeNano"] // 10**9 == die["time"]


def test_a_foreground_container_tells_them_too(detached: Monitored) -> None:
    path = f"{detached.box.base}/events"
    assert detached.box.sh("exit 3", extra=(("events", path, "{}"),)).code == 3
    with open(path) as file:
        start, die = [json.loads(line) for line in file]
    assert start["Actor"]["Attributes"] == {}
    assert die["Actor"]["Attributes"]["exitCode"] == "3"

"""Health checks: Docker's rules, and a probe that cannot outlive its time."""

import json
import os
import time
from typing import Any

import pytest
from hull.errors import HostError
from hull.runtime.control import _connect

from tests.launcher.conftest import Op
from tests.launcher.monitored import Monitored
from tests.waiting import PATIENCE, until


def check(script: str, interval: int = 50, timeout: int = 20000, retries: int = 2, start: int = 0) -> tuple[Op, ...]:
    """Return the ops of a probe by /bin/sh."""
    numbers = (str(number) for number in (interval, timeout, retries, start, 20))
    return (("health", *numbers), ("health-arg", "/bin/sh"), ("health-arg", "-c"), ("health-arg", script))


def results(detached: Monitored) -> list[dict[str, Any]]:
    with open(f"{detached.box.base}/health") as file:
        return [json.loads(line) for line in file]


def health(detached: Monitored, status: str) -> dict[str, Any]:
    return detached.await_event(lambda event: event["event"] == "health" and event["status"] == status)


def test_starting_healthy_unhealthy_and_back(detached: Monitored) -> None:
    detached.box.write("good", "")  # not by the program: the first probes may come before
    detached.sh("sleep 1000", monitor=check("test -e /good"))
    assert health(detached, "healthy")["failing"] == 0
    inside(detached, "rm /good")
    assert health(detached, "unhealthy")["failing"] == 2
    inside(detached, "touch /good")
    wanted = ["starting", "healthy", "unhealthy", "healthy"]
    until(lambda: statuses(detached) == wanted, lambda: statuses(detached))
    assert detached.control.state()["health"] == "healthy"


def statuses(detached: Monitored) -> list[str]:
    return [event["status"] for event in detached.box.events() if event["event"] == "health"]


def inside(detached: Monitored, script: str) -> None:
    init = next(event for event in detached.box.events() if event["event"] == "ready")
    kinds = "user,mount,pid,ipc,uts,net,cgroup"
    plan: list[Op] = [("join", str(init["pid"]), str(init["start"]), kinds), ("env", "PATH=/bin")]
    assert detached.box.start([*plan, *(("arg", word) for word in ("sh", "-c", script))]).wait(30) == 0


def test_the_last_five_are_kept_with_their_output(detached: Monitored) -> None:
    script = 'echo "say \\"hi\\""; echo err >&2; head -c 9000 /dev/zero | tr "\\0" x; exit 3'
    detached.sh("sleep 1000", monitor=check(script, retries=7))
    health(detached, "unhealthy")
    found = results(detached)
    assert len(found) == 5
    for result in found:
        assert list(result) == ["start", "end", "code", "output"]
        assert result["start"] <= result["end"] <= time.time()
        assert result["code"] == 3, result["output"]
        assert result["output"].startswith('say "hi"\nerr\nxxx')
        assert len(result["output"]) == 4096


def test_no_failure_counts_in_the_start_period(detached: Monitored) -> None:
    detached.sh("sleep 1000", monitor=check("exit 1", interval=30, retries=1, start=700))
    unhealthy = health(detached, "unhealthy")
    began = detached.await_event("health")
    assert began["status"] == "starting"
    assert unhealthy["time"] - began["time"] >= 0.7
    assert unhealthy["failing"] == 1


def test_a_success_ends_the_start_period(detached: Monitored) -> None:
    script = "test -e /once && exit 1; touch /once"
    detached.sh("sleep 1000", monitor=check(script, interval=30, retries=1, start=100000))
    health(detached, "healthy")
    health(detached, "unhealthy")


def test_a_probe_that_takes_too_long_is_killed_with_all_it_started(detached: Monitored) -> None:
    script = "echo begun; (sleep 987 &) ; setsid sleep 987 & sleep 987"
    detached.sh("sleep 1000", monitor=check(script, timeout=400, retries=1))
    health(detached, "unhealthy")
    (result, *_) = results(detached)
    assert result["code"] == -1
    assert result["output"] == "Health check exceeded timeout (400ms): begun\n"
    assert 0.35 < result["end"] - result["start"] < 5
    detached.control.pause()
    until(lambda: not any("987" in words for words in commands(detached)), lambda: commands(detached))
    assert any("1000" in words for words in commands(detached))


def test_a_probe_that_starts_very_many_is_killed_with_them(detached: Monitored) -> None:
    """Their numbers are more than one page of text."""
    script = "i=0; while [ $i -lt 800 ]; do sleep 987 & i=$((i+1)); done; sleep 987"
    detached.sh("sleep 1000", monitor=check(script, timeout=2500, retries=1))
    health(detached, "unhealthy")
    detached.control.pause()
    until(lambda: not any("987" in words for words in commands(detached)), lambda: len(commands(detached)))


def test_who_asks_while_a_probe_runs_gets_the_next_ones_result(detached: Monitored) -> None:
    script = "cp /word /now 2>/dev/null; echo x >> /count; while test -e /wait; do sleep 0.02; done; cat /now"
    detached.box.write("wait", "")
    detached.box.write("word", "first")
    detached.sh("sleep 1000", monitor=check(script, interval=20))
    until(lambda: os.path.exists(f"{detached.box.upper}/count"), "a probe")
    with _connect(detached.box.base) as connection:
        connection.settimeout(PATIENCE)
        connection.send(b"health")
        detached.control.state()  # asked later, answered later
        inside(detached, "echo -n second > /word; rm /wait")
        assert json.loads(connection.recv(1 << 16))["output"] == "second"


def commands(detached: Monitored) -> list[list[str]]:
    """Return the command lines of the container's processes."""
    space = os.readlink(f"/proc/{detached.pids()['init']}/ns/pid")
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == space:
                with open(f"/proc/{pid}/cmdline") as file:
                    found.append(file.read().split("\0"))
        except OSError:
            continue
    return found


def test_it_runs_as_the_program_does(detached: Monitored) -> None:
    extra: tuple[Op, ...] = (("capabilities", "0", "0"), ("workdir", "/etc"), ("env", "X=5"))
    detached.sh("sleep 1000", extra=extra, monitor=check("pwd; echo $X; grep CapEff /proc/self/status"))
    health(detached, "healthy")
    assert results(detached)[0]["output"] == "/etc\n5\nCapEff:\t0000000000000000\n"


def test_a_probe_may_be_asked_for(detached: Monitored) -> None:
    detached.sh("sleep 1000", monitor=check("echo asked; exit 4", interval=1000000))
    result = detached.control.health()
    assert (result["code"], result["output"]) == (4, "asked\n")


def test_none_is_asked_of_a_container_without(detached: Monitored) -> None:
    detached.sh("sleep 1000")
    with pytest.raises(HostError, match="no health check"):
        detached.control.health()


def test_a_program_that_is_not_there_is_a_failure(detached: Monitored) -> None:
    numbers = ("health", "50", "20000", "1", "0", "20")
    detached.sh("sleep 1000", monitor=(numbers, ("health-arg", "nothing-here")))
    health(detached, "unhealthy")
    assert results(detached)[0]["code"] == 127, results(detached)
    assert "cannot run nothing-here" in results(detached)[0]["output"]


def test_none_runs_while_paused(detached: Monitored) -> None:
    detached.sh("sleep 1000", monitor=check("echo x >> /count", interval=20))
    health(detached, "healthy")
    detached.control.pause()
    detached.control.health()  # it began after all others
    path = f"{detached.box.upper}/count"
    before = os.stat(path).st_size
    time.sleep(0.3)
    assert os.stat(path).st_size == before
    detached.control.unpause()
    until(lambda: os.stat(path).st_size > before, "another probe")


def test_events_tell_of_it(detached: Monitored) -> None:
    path = f"{detached.box.base}/events"
    detached.sh("sleep 1000", monitor=check("true"), extra=(("events", path, '{"name":"n"}'),))
    health(detached, "healthy")
    with open(path) as file:
        actions = [json.loads(line)["Action"] for line in file]
    assert actions == ["start", "health_status: starting", "health_status: healthy"]

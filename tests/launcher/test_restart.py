"""Restart policies, with Docker's words and its back-off, and what the status file says of them."""

import os
import signal
import time
from itertools import pairwise

import pytest

from tests.launcher.monitored import SANITIZED, Monitored, await_less
from tests.launcher.test_settle import MONITOR
from tests.waiting import gone, until

COUNT = "echo x >> /count; test $(wc -l < /count) -ge {0} && exit {1}; exit {2}"


def runs(detached: Monitored) -> int:
    path = f"{detached.box.upper}/count"
    if not os.path.exists(path):
        return 0
    with open(path) as file:
        return len(file.readlines())


def policy(word: str, most: int = 0) -> tuple[tuple[str, ...], ...]:
    return (("restart", word, str(most)),)


@pytest.mark.parametrize(
    ("word", "most", "script", "times", "code"),
    [
        ("no", 0, "echo x >> /count; exit 3", 1, 3),
        ("on-failure", 0, COUNT.format(3, 0, 5), 3, 0),
        ("on-failure", 2, "echo x >> /count; exit 5", 3, 5),
        ("on-failure", 0, "echo x >> /count", 1, 0),
    ],
)
def test_a_policy_ends(detached: Monitored, word: str, most: int, script: str, times: int, code: int) -> None:  # noqa: PLR0917
    detached.sh(script, monitor=policy(word, most))
    assert detached.end()["code"] == code
    assert runs(detached) == times


@pytest.mark.parametrize("word", ["always", "unless-stopped"])
def test_always_ends_when_it_is_stopped(detached: Monitored, word: str) -> None:
    detached.sh("trap 'exit 9' TERM; echo x >> /count; test $(wc -l < /count) -lt 3 && exit; sleep 1000 & wait",
                monitor=policy(word))  # fmt: skip
    detached.await_event(lambda event: event.get("count") == 2)
    until(lambda: runs(detached) == 3, "the third run")
    until(lambda: detached.control.state()["init"], "its first process")
    detached.control.stop(signal.SIGTERM, 10)
    detached.end()
    assert runs(detached) == 3


def test_the_pauses_double(detached: Monitored) -> None:
    detached.sh("exit 1", monitor=policy("on-failure", 3))
    detached.end()
    found = [event for event in detached.box.events() if event["event"] == "restarting"]
    assert [(event["delay"], event["count"], event["code"]) for event in found] == [
        (100, 1, 1),
        (200, 2, 1),
        (400, 3, 1),
    ]
    began = [event["time"] for event in detached.box.events() if event["event"] == "created"]
    assert all(b - a >= least for (a, b), least in zip(pairwise(began), (0.1, 0.2, 0.4), strict=True))


def test_a_stop_in_the_pause_ends_it_at_once(detached: Monitored) -> None:
    detached.sh("exit 8", monitor=policy("always"))
    detached.await_event(lambda event: event.get("delay", 0) >= 800)
    before = time.monotonic()
    assert detached.control.stop(signal.SIGTERM, 10) == 8
    assert time.monotonic() - before < 0.8  # the pause itself
    assert detached.box.events()[-1]["event"] == "ended"


def test_a_policy_can_be_changed(detached: Monitored) -> None:
    detached.sh("exec sleep 1000", monitor=policy("always"))
    detached.control.update("no")
    assert detached.control.state()["policy"] == "no"
    detached.control.signal(signal.SIGKILL)
    assert detached.end()["code"] == 137


def test_a_kill_that_shall_be_the_end_is(detached: Monitored) -> None:
    detached.sh("exec sleep 1000", monitor=policy("always"))
    detached.control.signal(signal.SIGKILL, restart=False)
    assert detached.end()["code"] == 137
    assert "restarting" not in [event["event"] for event in detached.box.events()]


def test_a_killed_launcher_is_a_failure_that_is_restarted(detached: Monitored) -> None:
    detached.sh("echo x >> /count; exec sleep 1000", monitor=policy("on-failure"))
    pids = detached.pids()
    until(lambda: runs(detached) == 1, "the first run")
    os.kill(pids["launcher"], signal.SIGKILL)
    assert gone(pids["init"])
    assert detached.await_event("restarting")["code"] == 137
    until(lambda: runs(detached) == 2 and detached.control.state()["init"], "the second run")
    detached.control.stop(signal.SIGKILL, 0)


def test_the_log_and_the_upper_go_on(detached: Monitored) -> None:
    detached.sh("cat /before 2>/dev/null; echo hello | tee -a /before; exit 1", monitor=policy("on-failure", 2))
    detached.end()
    assert detached.text() == "hello\n" * 6


def test_the_status_file_does_not_grow_for_ever(detached: Monitored) -> None:
    detached.sh("exit 1", monitor=policy("always"))
    detached.await_event("restarting")
    with open(detached.box.status, "a") as file:
        file.write('{"event":"paused","time":1}\n' * 1000)
        file.flush()
        until(lambda: not os.path.samestat(os.stat(detached.box.status), os.fstat(file.fileno())), "a shorter file")
    first, second = detached.box.events()[:2]
    assert first["event"] == "monitor"
    assert (second["event"], second["code"]) == ("restarting", 1)
    assert second["count"] >= 1
    detached.control.stop(signal.SIGTERM, 10)
    assert detached.box.events()[-1]["event"] == "ended"


@SANITIZED
def test_memory_does_not_grow(detached: Monitored) -> None:
    detached.sh("seq 1000; exit 1", monitor=policy("always"))
    detached.await_event(lambda event: event.get("count") == 2)
    for _ in range(2000):
        detached.control.state()
    monitor = detached.pids()["monitor"]
    detached.await_event(lambda event: event.get("count") == 5)  # a second without anything to do comes next
    await_less(monitor, MONITOR)
    detached.control.stop(signal.SIGTERM, 10)

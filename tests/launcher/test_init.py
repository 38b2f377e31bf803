"""Pid 1: reaps, forwards what a process sent once, and ends the whole container with its program."""

import os
import signal
import subprocess
import time

import pytest

from tests.launcher.conftest import Box, first_line
from tests.waiting import gone, until

COUNT = "n=0; trap 'n=$((n+1)); echo got' {0}; trap 'echo n=$n; exit 0' TERM; echo up; while :; do sleep 0.02; done"


def init_of(box: Box) -> int:
    """Return pid 1's number outside."""
    return int(box.await_event("ready")["pid"])


def state(init: int) -> str:
    """Return the state of the program, init's only child."""
    with open(f"/proc/{init}/task/{init}/children") as file:
        (program,) = file.read().split()
    with open(f"/proc/{program}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


def has_seen_all(init: int) -> bool:
    """Whether pid 1 sleeps and no signal waits for it. A stop is seen from outside a moment before it is told."""
    time.sleep(0.005)
    with open(f"/proc/{init}/status") as file:
        words = dict(line.rstrip().split(":", 1) for line in file)
    return words["State"].split()[0] == "S" and not int(words["ShdPnd"], 16)


@pytest.mark.parametrize("target", ["launcher", "init"])
@pytest.mark.parametrize("name", ["USR1", "HUP", "INT", "QUIT", "USR2", "ALRM"])
def test_a_signal_to_one_process_is_forwarded(box: Box, target: str, name: str) -> None:
    child = box.up(COUNT.format(name))
    os.kill(child.pid if target == "launcher" else init_of(box), signal.Signals[f"SIG{name}"])
    assert first_line(child) == b"got\n"
    child.terminate()
    assert first_line(child) == b"n=1\n"
    assert child.wait(10) == 0


def test_a_signal_to_the_group_arrives_once(box: Box) -> None:
    child = box.up(COUNT.format("USR1"), process_group=0)
    os.killpg(child.pid, signal.SIGUSR1)
    assert first_line(child) == b"got\n"
    time.sleep(0.1)  # long enough for what would be forwarded in error
    child.terminate()
    assert first_line(child) == b"n=1\n"


def test_a_second_signal_is_a_second_signal(box: Box) -> None:
    child = box.up(COUNT.format("USR1"))
    for _ in range(3):
        child.send_signal(signal.SIGUSR1)
        assert first_line(child) == b"got\n"
    child.terminate()
    assert first_line(child) == b"n=3\n"


def test_a_signal_from_inside_to_pid_1_is_forwarded(box: Box) -> None:
    done = box.sh("trap 'echo got; exit 3' TERM; kill -TERM 1; while :; do sleep 0.02; done")
    assert (done.code, done.out) == (3, "got\n")


def test_pid_1_cannot_be_killed_from_inside(box: Box) -> None:
    assert box.sh("kill -KILL 1; kill -STOP 1; echo alive").out == "alive\n"


def test_a_program_without_a_handler_dies_of_term(box: Box) -> None:
    child = box.up("echo up; exec sleep 1000")
    child.terminate()
    assert child.wait(10) == 143


def test_orphans_are_reaped_and_end_with_the_program(box: Box) -> None:
    many = "for i in 1 2 3 4 5 6 7 8 9; do (sleep 0 & sleep 1000 &) ; done"
    script = f"{many}; sleep 0.3; cat /proc/[0-9]*/stat | grep -c ') Z '"
    assert box.sh(script).out == "0\n"


def test_the_launchers_death_ends_everything(box: Box) -> None:
    child = box.up("echo up; trap '' TERM HUP INT; while :; do sleep 1; done")
    init = init_of(box)
    child.kill()
    child.wait(10)
    assert gone(init)


def test_without_init_the_program_is_pid_1(box: Box) -> None:
    done = box.sh("echo $$; exit 9", drop=("init",))
    assert (done.code, done.out) == (9, "1\n")
    child = box.up("trap 'echo got; exit 4' USR1; echo up; while :; do sleep 0.02; done", drop=("init",))
    child.send_signal(signal.SIGUSR1)
    assert child.wait(10) == 4


def test_a_signal_before_the_program_ends_the_start(box: Box) -> None:
    """The helper never gets ready, so the program never starts."""
    helper = (("helper", "sleeper", "fd"), ("helper-arg", "sleep"), ("helper-arg", "1000"))
    child = box.start(box.plan("echo", "started", extra=helper), stdout=subprocess.PIPE, process_group=0)
    init = init_of(box)
    os.killpg(child.pid, signal.SIGTERM)
    out, _ = child.communicate(timeout=10)
    assert (child.returncode, out) == (143, b"")
    assert gone(init)


def changed(child: "subprocess.Popen[bytes]", what: int) -> int:
    """Wait for a child's stop or its going on."""
    _, status = until(lambda: (found := os.waitpid(child.pid, what | os.WNOHANG))[0] and found, "a change")
    return int(status)


def test_stop_and_continue_reach_the_program_and_the_status(box: Box) -> None:
    child = box.up("echo up; read x; echo $x", process_group=0)
    box.await_event("exec")
    os.killpg(child.pid, signal.SIGTSTP)
    assert os.WIFSTOPPED(changed(child, os.WUNTRACED))
    init = init_of(box)
    until(lambda: state(init) == "T", "the program to stop")
    until(lambda: all(has_seen_all(init) for _ in range(20)), "pid 1 to see it")
    os.killpg(child.pid, signal.SIGCONT)
    assert os.WIFCONTINUED(changed(child, os.WCONTINUED))
    box.await_event("continued")
    out, _ = child.communicate(b"later\n", timeout=10)
    assert (child.returncode, out) == (0, b"later\n")
    names = [event["event"] for event in box.events()]
    assert names == ["created", "ready", "exec", "stopped", "continued", "exit"]


def test_memory_of_what_waits(box: Box) -> None:
    """Launcher and init together, resident: at most 2 MiB."""
    child = box.up("echo up; read x")
    total = 0
    for pid in (child.pid, init_of(box)):
        with open(f"/proc/{pid}/status") as file:
            total += next(int(row.split()[1]) for row in file if row.startswith("VmRSS"))
    child.communicate(b"\n", timeout=10)
    if "asan" not in os.environ.get("HULL_LAUNCHER", ""):
        assert total <= 2048, f"{total} KiB"

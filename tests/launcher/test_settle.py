"""What watches a container holds little memory, from its start on and again after a busy moment."""

import itertools
import os

from hull.runtime.launch import program

from tests.launcher.monitored import SANITIZED, Monitored, await_less, own

MUSL, GLIBC = 112, 152  # KiB for all three, with a short environment, and a page each that a stack may lie across
MONITOR = 80
STACK = 8  # of its own, for who waits


def glibc() -> bool:
    """Whether the launcher is linked against it: it touches more by itself."""
    with open(program(), "rb") as file:
        return b"GLIBC_TUNABLES" in file.read()


def environment() -> int:
    """Return the KiB of whole pages that the strings of an environment fill."""
    return 4 * (sum(len(name) + len(value) + 2 for name, value in os.environb.items()) // 4096)


def stack(pid: int) -> int:
    """Return the KiB of a process's stack that are its alone."""
    with open(f"/proc/{pid}/smaps") as lines:
        below = itertools.dropwhile(lambda line: not line.endswith("[stack]\n"), lines)
        return next(int(line.split()[1]) for line in below if line.startswith("Private_Dirty:"))


@SANITIZED
def test_three_processes_hold_less_than_half_of_one_conmon(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    assert own(*detached.pids().values()) < (GLIBC if glibc() else MUSL) + 3 * environment()


@SANITIZED
def test_no_stack_remembers_how_deep_it_was(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    pids = detached.pids()
    most = STACK + 4 + environment()  # init wipes it
    assert {name: dirty for name in ("launcher", "init") if (dirty := stack(pids[name])) > most} == {}


@SANITIZED
def test_after_a_busy_moment_a_monitor_gives_its_buffers_back(detached: Monitored) -> None:
    noise = "head -c 1000000 /dev/urandom"
    detached.sh(f"{noise} | od; {noise} >&2; echo >&2; echo done; exec sleep 1000")
    detached.await_text("done\n")
    await_less(detached.pids()["monitor"], MONITOR)


@SANITIZED
def test_a_line_begun_is_not_given_back(detached: Monitored) -> None:
    detached.sh("printf begun; sleep 2; echo ' and ended'")
    detached.end()
    assert detached.text() == "begun and ended\n"

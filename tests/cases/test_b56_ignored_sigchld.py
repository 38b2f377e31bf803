"""B56: a caller that ignores SIGCHLD, blocks signals or has closed its streams loses nothing."""

import ctypes
import os
import signal
import subprocess

import pytest

from tests.commandline import CommandLine, program

RT_SIGACTION = {"x86_64": 13, "aarch64": 134}
SHOW = ("run", "--rm", "--network", "none", "busybox", "grep", "SigIgn", "/proc/self/status")


@pytest.mark.needs("program:bash")
@pytest.mark.parametrize("before", ["trap '' CHLD", "trap '' TERM INT HUP", "exec </dev/null", "exec 0<&- 2>&-"])
def test_b56_exit_status_comes_through(cli: CommandLine, before: str) -> None:
    script = f"{before}; exec {' '.join(program())} run --rm --network none busybox sh -c 'echo in; exit 3'"
    done = subprocess.run(["bash", "-c", script], env=cli.env(), stdout=subprocess.PIPE, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (3, b"in\n")


@pytest.mark.needs("program:bash")
def test_b56_dispositions_are_reset_inside(cli: CommandLine) -> None:
    script = (
        f"trap '' CHLD TERM; exec {' '.join(program())} run --rm --network none busybox grep SigIgn /proc/self/status"
    )
    done = subprocess.run(["bash", "-c", script], env=cli.env(), stdout=subprocess.PIPE, timeout=30, check=False)
    assert int(done.stdout.split()[1], 16) == 0


@pytest.mark.skipif(os.uname().machine not in RT_SIGACTION, reason="needs the number of rt_sigaction on this machine")
def test_b56_so_are_those_that_libc_keeps_for_itself(cli: CommandLine) -> None:
    def ignore() -> None:
        action = (ctypes.c_ulong * 8)(signal.SIG_IGN)
        for number in (32, 33, signal.SIGRTMAX):
            assert ctypes.CDLL(None).syscall(RT_SIGACTION[os.uname().machine], number, action, None, 8) == 0

    seen = cli.popen(*SHOW, stdout=subprocess.PIPE, preexec_fn=ignore).communicate(timeout=30)[0]
    assert int(seen.split()[1], 16) == 0

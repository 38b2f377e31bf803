"""What `signals-inside` keeps inside: signals to the process group that the container shares with the caller's job."""

import ctypes
import os
import subprocess
import sys

import pytest
from hull.runtime import ops
from hull.runtime.launch import memfd, program

from tests.launcher.conftest import Box, Op

KEPT: tuple[Op, ...] = (("signals-inside",),)
OLDEST = 6  # Landlock's version that scopes signals
# The caller's job: it counts the signals that its group gets, the launcher is in the group too.
JOB = """
import os, signal, subprocess, sys
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
fd = int(sys.argv[2])
child = subprocess.Popen(["hull", "run"], executable=sys.argv[1], pass_fds=(fd,), env={"HULL_PLAN_FD": str(fd)})
code = child.wait()
print("got" if got else "none", code)
"""


def _version() -> int:
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1))


def _job(box: Box, extra: tuple[Op, ...], script: str) -> list[str]:
    fd = memfd(ops.encode(box.plan("sh", "-c", script, extra=extra)))
    argv = [sys.executable, "-c", JOB, program(), str(fd)]
    try:
        done = subprocess.run(
            argv, pass_fds=(fd,), capture_output=True, text=True, start_new_session=True, timeout=60, check=True
        )
    finally:
        os.close(fd)
    return done.stdout.split()


@pytest.mark.needs("ordinary")  # the mapped root of root's container may signal nobody of root's
@pytest.mark.skipif(_version() < OLDEST, reason="needs Landlock's signal scope (Linux 6.12)")
@pytest.mark.parametrize(("extra", "got"), [((), "got"), (KEPT, "none")], ids=["open", "kept"])
def test_a_signal_to_its_own_group_reaches_nobody_outside(box: Box, extra: tuple[Op, ...], got: str) -> None:
    assert _job(box, extra, "trap : USR1; kill -USR1 0; echo sent")[:2] == ["sent", got]


def test_what_is_inside_is_signalled_as_ever(box: Box) -> None:
    script = "sleep 60 & kill -9 $!; wait $!; echo $?; trap 'echo trapped' USR1; kill -USR1 $$; kill -0 1; echo $?"
    done = box.sh(script, extra=KEPT)
    assert done.out == "137\ntrapped\n0\n", done


def test_the_launcher_still_ends_it(box: Box) -> None:
    child = box.up("echo up; read x", extra=KEPT)
    child.terminate()
    assert child.wait(30) in (143, -15)

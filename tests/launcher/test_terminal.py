"""The terminal: shared, handed over, or one of the container's own."""

import os
import re
import signal
import subprocess
import time

import pexpect
import pytest
from hull.runtime import ops
from hull.runtime.launch import program

from tests.launcher.conftest import Box, first_line


def on_terminal(box: Box, mode: str, script: str) -> pexpect.spawn:
    with open(f"{box.base}/the-plan", "wb") as file:
        file.write(ops.encode(box.plan("sh", "-c", script, extra=(("terminal", mode), ("env", "TERM=dumb")))))
    return pexpect.spawn(program(), ["--plan", f"{box.base}/the-plan"], dimensions=(31, 97), timeout=15)


@pytest.mark.parametrize("mode", ["inherit", "own-group", "tty"])
def test_the_program_has_the_callers_terminal(box: Box, mode: str) -> None:
    child = on_terminal(box, mode, "stty size; tty; test -c /dev/console; echo $?")
    child.expect_exact("31 97\r\n/dev/console\r\n0\r\n")
    child.expect(pexpect.EOF)
    assert child.wait() == 0


@pytest.mark.parametrize("mode", ["inherit", "own-group"])
def test_control_c_ends_program_and_launcher_by_the_signal(box: Box, mode: str) -> None:
    child = on_terminal(box, mode, "echo up; exec sleep 1000")
    child.expect_exact("up")
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    if mode == "inherit":
        assert child.signalstatus == signal.SIGINT
    else:
        assert child.exitstatus == 130


def test_a_program_that_handles_control_c_goes_on(box: Box) -> None:
    child = on_terminal(box, "inherit", "trap 'echo caught' INT; echo up; read x; read y; echo over; exit 4")
    child.expect_exact("up")
    child.send("\x03")
    child.expect_exact("caught")
    child.send("a\nb\n")
    child.expect_exact("over")
    child.expect(pexpect.EOF)
    assert child.wait() == 4


def test_own_group_is_visible_inside_and_has_the_foreground(box: Box) -> None:
    child = on_terminal(box, "own-group", "set -- $(cat /proc/self/stat); echo $5=$8; exec sh")
    child.expect(r"(\d+)=(\d+)")
    assert int(child.match[1]) > 0
    assert child.match[1] == child.match[2]
    child.sendline("exit 9")
    child.expect(pexpect.EOF)
    assert child.wait() == 9


def test_the_terminal_is_sane_after_a_program_that_died_raw(box: Box) -> None:
    shell = pexpect.spawn("sh", ["-i"], timeout=15, env={"PS1": "ready> ", "PATH": os.environ["PATH"]})
    with open(f"{box.base}/the-plan", "wb") as file:
        extra = (("terminal", "own-group"),)
        file.write(ops.encode(box.plan("sh", "-c", "stty raw -echo; kill -KILL $$", extra=extra)))
    shell.expect_exact("ready> ")
    shell.sendline(f"{program()} --plan {box.base}/the-plan; stty -a; echo code=$?")
    shell.expect("code=0")
    assert re.search(rb"[^-]icanon", shell.before)
    assert re.search(rb" echo ", shell.before)
    shell.close(force=True)


def test_pty_joins_a_pipe_on_either_side(box: Box) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && tty; cat"
    done = box.sh(script, extra=(("terminal", "pty"),), given=b"one\ntwo")
    assert done.out.replace("\r", "") == "/dev/pts/0\none\ntwo", done.err
    assert done.code == 0


def test_pty_ends_at_the_end_of_an_empty_input(box: Box) -> None:
    begun = time.monotonic()
    assert box.run("cat", extra=(("terminal", "pty"),)).code == 0
    assert time.monotonic() - begun < 5


def test_pty_survives_a_program_that_closes_it_for_a_while(box: Box) -> None:
    script = "exec 9>&0 0<&- 1>&- 2>&- 9>&-; sleep 0.2; exec 1>/dev/tty; echo back"
    assert box.sh(script, extra=(("terminal", "pty"),)).out == "back\r\n"


def test_pty_loses_nothing(box: Box) -> None:
    done = box.sh("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done", extra=(("terminal", "pty"),))
    assert done.out.replace("\r", "").splitlines() == [f"line {number}" for number in range(20000)]


def test_pty_with_a_terminal_on_one_side(box: Box) -> None:
    """Standard input is a terminal, standard output a pipe: its size is right at once and follows."""
    master, slave = os.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 20, 60, 0, 0))
    before = termios.tcgetattr(slave)

    def own() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    script = "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.02; done"
    plan = box.plan("sh", "-c", script, extra=(("terminal", "tty"),))
    child = box.start(plan, stdin=slave, stdout=subprocess.PIPE, preexec_fn=own)
    assert first_line(child) == b"20 60\r\n"
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", 21, 61, 0, 0))
    assert first_line(child) == b"21 61\r\n"
    assert child.wait(10) == 0
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_an_unknown_mode_starts_nothing(box: Box) -> None:
    assert box.sh("true", extra=(("terminal", "dumb"),)).code == 125

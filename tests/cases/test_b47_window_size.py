"""B47: the terminal's size is right from the first command on, and follows."""

import pexpect

from tests.cases.conftest import Terminal, Up
from tests.commandline import CommandLine
from tests.repeat import times

FOLLOW = "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done"


def test_b47_run_starts_with_the_right_size(cli: CommandLine, terminal: Terminal) -> None:
    for _ in range(times(5, 100)):
        child = terminal(*cli.argv("run", "-it", "--rm", "--network", "none", "busybox", "stty", "size"))
        child.expect(pexpect.EOF)
        assert child.before.split() == [b"37", b"91"]
        child.close()
        assert child.exitstatus == 0


def test_b47_exec_starts_with_the_right_size(cli: CommandLine, terminal: Terminal, up: Up) -> None:
    up("b47", "echo up; cat")
    for _ in range(times(5, 100)):
        child = terminal(*cli.argv("exec", "-it", "b47", "stty", "size"))
        child.expect(pexpect.EOF)
        assert child.before.split() == [b"37", b"91"]


def test_b47_run_follows_the_window(cli: CommandLine, terminal: Terminal) -> None:
    child = terminal(*cli.argv("run", "-it", "--rm", "--network", "none", "busybox", "sh", "-c", FOLLOW))
    child.expect("up")
    child.setwinsize(50, 100)
    child.expect("50 100")


def test_b47_exec_follows_the_window(cli: CommandLine, terminal: Terminal, up: Up) -> None:
    up("b47e", "echo up; cat")
    child = terminal(*cli.argv("exec", "-it", "b47e", "sh", "-c", FOLLOW))
    child.expect("up")
    child.setwinsize(51, 101)
    child.expect("51 101")

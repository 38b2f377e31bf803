"""B73: on a terminal the program's process group has a number inside, and job control works there."""

import re

import pexpect

from tests.cases.conftest import Terminal
from tests.commandline import CommandLine

SHOW = "set -- $(cat /proc/self/stat); echo pgrp=$5 foreground=$8"


def test_b73_group_and_foreground_are_visible_inside(cli: CommandLine, terminal: Terminal) -> None:
    child = terminal(*cli.argv("run", "-it", "--rm", "--network", "none", "busybox", "sh", "-c", SHOW))
    child.expect(pexpect.EOF)
    found = re.search(rb"pgrp=(\d+) foreground=(\d+)", child.before)
    assert found, child.before
    assert int(found[1]) > 0
    assert found[1] == found[2]


def test_b73_a_shell_inside_has_job_control(cli: CommandLine, terminal: Terminal) -> None:
    child = terminal(*cli.argv("run", "-it", "--rm", "--network", "none", "busybox", "sh"))
    child.expect_exact("# ")
    assert b"job control" not in child.before
    child.sendline("sleep 1000")
    child.expect_exact("sleep 1000")
    child.send("\x1a")
    child.expect("Stopped")
    child.sendline("fg")
    child.expect_exact("sleep 1000")
    child.send("\x03")
    child.expect_exact("# ")
    child.sendline("echo status-$?")
    child.expect_exact("status-130")
    child.sendline("exit 5")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5

"""create, start, restart: planned anew from the row, over what was written."""

import os
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
COUNT = "echo x >>/runs; wc -l </runs"


def test_created_runs_when_it_is_started(cli: CommandLine, name: Name) -> None:
    called = name()
    ident = cli("create", "--name", called, *NONE, "busybox", "sh", "-c", "echo up; exit 5", check=True).stdout.strip()
    assert len(ident) == 64
    assert state(cli, called)["Status"] == "created"
    done = cli("start", "-a", called)
    assert (done.returncode, done.stdout, done.stderr) == (5, b"up\n", b"")
    assert state(cli, called)["ExitCode"] == 5


def test_create_fails_as_a_start_would_and_leaves_nothing(cli: CommandLine, name: Name) -> None:
    called = name()
    done = cli("create", "--name", called, "--mount", "type=bind,src=/no/such/place,dst=/x", *NONE, "busybox")
    assert (done.returncode, b"/no/such/place" in done.stderr) == (125, True)
    assert cli("inspect", called).returncode == 125


def test_what_ran_in_the_foreground_starts_again_over_what_it_wrote(cli: CommandLine, name: Name) -> None:
    called = name()
    assert cli("run", "--name", called, *NONE, "busybox", "sh", "-c", COUNT, check=True).stdout == b"1\n"
    assert cli("start", "-a", called, check=True).stdout == b"2\n"
    assert cli("start", called, check=True).stdout == f"{called}\n".encode()
    assert cli("wait", called, check=True).stdout == b"0\n"
    assert cli("start", "-a", called, check=True).stdout == b"4\n"


def test_input_reaches_what_was_created_with_i(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("create", "-i", "--name", called, *NONE, "busybox", "cat", check=True)
    assert cli("start", "-a", "-i", called, input=b"one\ntwo", check=True).stdout == b"one\ntwo"


def test_a_running_one_stays_as_it_is_and_several_start(cli: CommandLine, name: Name) -> None:
    first, second = name(), name()
    for called in (first, second):
        cli("create", "--name", called, *NONE, "busybox", "sleep", "1000", check=True)
    assert cli("start", first, second, check=True).stdout.decode().split() == [first, second]
    pid = state(cli, first)["Pid"]
    cli("start", first, check=True)
    assert state(cli, first)["Pid"] == pid
    refused = cli("start", "-a", first, second)
    assert (refused.returncode, b"several" in refused.stderr) == (125, True)


def test_many_starts_of_one_container_start_it_once(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("create", "--name", called, *NONE, "busybox", "sh", "-c", "echo x >>/runs; exec sleep 1000", check=True)
    starts = [cli.popen("start", called, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    told = [process.communicate(timeout=60) for process in starts]
    assert [process.returncode for process in starts] == [0] * 6, told
    assert cli("exec", called, "wc", "-l", "/runs", check=True).stdout.split()[0] == b"1"


def test_restart_stops_and_starts(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("run", "-d", "--name", called, *NONE, "busybox", "sh", "-c", "echo x >>/runs; exec sleep 1000", check=True)
    pid = state(cli, called)["Pid"]
    assert cli("restart", "-t", "5", called, check=True).stdout == f"{called}\n".encode()
    assert state(cli, called)["Pid"] != pid
    assert cli("exec", called, "cat", "/runs", check=True).stdout == b"x\nx\n"
    cli("stop", called, check=True)
    cli("restart", called, check=True)
    assert state(cli, called)["Status"] == "running"


def test_what_goes_when_it_ends_stays_for_a_restart(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("run", "-d", "--rm", "--name", called, *NONE, "busybox", "sleep", "1000", check=True)
    cli("restart", "-t", "0", called, check=True)
    assert state(cli, called)["Status"] == "running"
    cli("stop", "-t", "0", called, check=True)
    assert b"no such container" in cli("inspect", called).stderr


@pytest.mark.needs("program:fuse-overlayfs")
def test_this_machine_starts_again_with_what_was_seeded(cli: CommandLine, name: Name) -> None:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("needs /dev/fuse")
    called = name()
    cli(
        "create", "--name", called, *NONE, "host", "sh", "-c", "echo x >>/tmp/hull-runs; cat /tmp/hull-runs", check=True
    )
    assert cli("start", "-a", called, check=True).stdout == b"x\n"
    assert cli("start", "-a", called, check=True).stdout == b"x\nx\n"

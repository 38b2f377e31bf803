"""stop, kill, wait, rm of detached containers: what the monitor is asked, what the row remembers."""

import os
import sqlite3
import subprocess
import time

import pytest
from hull.commands.wait import wait
from hull.errors import UserError
from hull.objects import values

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state
from tests.waiting import has_open, until

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
DEAF = "trap '' TERM; echo up; while :; do sleep 0.05; done"


def detached(cli: CommandLine, called: str, script: str, *flags: str) -> str:
    words = ("run", "-d", "--name", called, *flags, *NONE, "busybox", "sh", "-c", script)
    return cli(*words, check=True).stdout.decode().strip()


def desired(cli: CommandLine, ident: str) -> str:
    with sqlite3.connect(f"{cli.root}/hull.db") as db:
        return str(db.execute("SELECT desired FROM containers WHERE id = ?", (ident,)).fetchone()[0])


def test_stop_ends_and_remembers_that_it_was_asked(cli: CommandLine, name: Name) -> None:
    called = name()
    ident = detached(cli, called, "exec sleep 1000", "--restart", "always")
    assert desired(cli, ident) == "running"
    assert cli("stop", called, check=True).stdout == f"{called}\n".encode()
    assert (state(cli, called)["Status"], state(cli, called)["ExitCode"]) == ("exited", 143)
    assert desired(cli, ident) == "stopped"
    assert cli("stop", called, check=True).stdout == f"{called}\n".encode()


def test_a_deaf_one_is_killed_after_its_time_and_not_restarted(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, DEAF, "--restart", "always", "--stop-timeout", "1")
    until(lambda: b"up" in cli("logs", called).stdout)
    begun = time.monotonic()
    cli("stop", called, check=True)
    assert 0.9 < time.monotonic() - begun < 20
    assert (state(cli, called)["Status"], state(cli, called)["ExitCode"]) == ("exited", 137)


def test_stop_in_the_pause_between_two_restarts_ends_it_at_once(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "exit 1", "--restart", "always")
    until(lambda: state(cli, called)["Status"] == "restarting")
    cli("stop", called, check=True)
    assert state(cli, called)["Status"] == "exited"


def test_a_paused_one_stops(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: b"up" in cli("logs", called).stdout)
    cli("pause", called, check=True)
    assert state(cli, called)["Status"] == "paused"
    cli("stop", called, check=True)
    assert state(cli, called)["ExitCode"] == 9


@pytest.mark.parametrize(("signal", "again"), [("KILL", False), ("TERM", False), ("HUP", True)])
def test_what_kill_ends_by_the_stop_signal_is_not_restarted(
    cli: CommandLine, name: Name, signal: str, again: bool
) -> None:
    called = name()
    detached(cli, called, "exec sleep 1000", "--restart", "always")
    before = state(cli, called)["Pid"]
    cli("kill", "-s", signal, called, check=True)
    if again:
        until(lambda: state(cli, called)["Pid"] not in (before, 0))
    else:
        cli("wait", called, check=True)
        assert state(cli, called)["Status"] == "exited"


def test_kill_of_one_that_does_not_run_names_both_states(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("create", "--name", called, *NONE, "busybox", check=True)
    refused = cli("kill", called)
    assert refused.returncode == 125
    assert f"cannot kill {called}: it is created, and kill takes a running".encode() in refused.stderr
    assert f"hull start {called}".encode() in refused.stderr


def test_wait_lasts_over_restarts_and_tells_the_last_code(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "echo x >>/runs; exit $(wc -l </runs)", "--restart", "on-failure:3")
    waiting = [cli.popen("wait", called, stdout=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in waiting] == [b"4\n"] * 3
    assert cli("wait", called).stdout == b"4\n"


def test_wait_of_one_that_removes_itself(cli: CommandLine, name: Name) -> None:
    called = name()
    ident = detached(cli, called, "while ! test -e /go; do sleep 0.02; done; exit 6", "--rm")
    waiting = cli.popen("wait", called, stdout=subprocess.PIPE)
    until(lambda: has_open(waiting.pid, f"{ident}/status"))
    cli("exec", called, "touch", "/go", check=True)
    assert waiting.communicate(timeout=60)[0] == b"6\n"


def test_wait_of_several_that_remove_themselves(cli: CommandLine, name: Name) -> None:
    """The second is gone before the first has ended: its end was held from the beginning."""
    first, second = name(), name()
    detached(cli, first, "while ! test -e /go; do sleep 0.02; done; exit 6", "--rm")
    ident = detached(cli, second, "exec sleep 1000", "--rm")
    waiting = cli.popen("wait", first, second, stdout=subprocess.PIPE)
    until(lambda: has_open(waiting.pid, f"{ident}/status"))
    cli("kill", second, check=True)
    until(lambda: not os.path.exists(f"{cli.root}/containers/{ident}"))
    cli("exec", first, "touch", "/go", check=True)
    assert waiting.communicate(timeout=60)[0] == b"6\n137\n"


def test_wait_of_one_that_goes_between_two_looks(cli: CommandLine, name: Name, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_ROOT", cli.root)
    called, engine = name(), values.engine()
    cli("create", "--name", called, *NONE, "busybox", check=True)
    row = engine.containers.find(called)
    assert wait(engine, (called,)) == [0]
    monkeypatch.setattr(engine.containers, "find", lambda _: row)
    cli("rm", called, check=True)
    with pytest.raises(UserError, match=f"no such container: {called}: it has just been removed"):
        wait(engine, (called,))


def test_rm_refuses_a_running_one_and_force_leaves_nothing(cli: CommandLine, name: Name) -> None:
    called = name()
    ident = detached(cli, called, "exec sleep 1000", "--restart", "always")
    refused = cli("rm", called)
    assert refused.returncode == 125
    assert f"hull rm -f {called}".encode() in refused.stderr
    cli("rm", "-f", called, check=True)
    assert not os.path.exists(f"{cli.root}/containers/{ident}")
    assert cli("rm", called).returncode == 125
    assert cli("rm", "-f", called).returncode == 0

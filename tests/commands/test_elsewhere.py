"""A shell that may not move starts what has limits by another process of its own."""

import os
from collections.abc import Callable

import pytest
from hull.commands import _start
from hull.commands.restart import restart
from hull.commands.run import run
from hull.commands.start import start
from hull.engine import Engine
from hull.errors import HostError, NotHere
from hull.objects import values
from hull.runtime import cgroups
from hull.runtime.membership import Tree

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


@pytest.fixture
def shell(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Engine]:
    """Make engines of a process that would have to move for any start."""

    def refuse(*_: object) -> str:
        raise NotHere("cannot limit memory from inside this shell")

    monkeypatch.setattr(_start, "_cgroup", refuse)
    monkeypatch.setenv("HULL_ROOT", cli.root)
    monkeypatch.setenv("PYTHONPATH", f"{HERE}/core")
    return values.engine


def test_run_start_and_restart(cli: CommandLine, name: Name, shell: Callable[[], Engine], tmp_path: object) -> None:
    called, cidfile = name(), f"{tmp_path}/cid"
    made = run(shell(), "busybox", ("sleep", "1000"), detach=True, name=called, network="none", cidfile=cidfile)
    assert isinstance(made, list)
    with open(cidfile) as file:
        assert file.read() == made[0]
    pid = state(cli, called)["Pid"]
    assert pid
    restart(shell(), (called,), time=1)
    assert state(cli, called)["Pid"] not in (0, pid)
    cli("stop", called, check=True)
    assert start(shell(), (called,)) == [called]
    assert state(cli, called)["Status"] == "running"


def test_in_the_foreground_it_is_refused_and_nothing_is_left(
    cli: CommandLine, name: Name, shell: Callable[[], Engine]
) -> None:
    called = name()
    with pytest.raises(NotHere):
        run(shell(), "busybox", ("true",), name=called, network="none")
    assert cli("inspect", called).returncode == 125


def test_a_program_that_is_not_there_fails_as_it_does_anywhere(
    cli: CommandLine, name: Name, shell: Callable[[], Engine]
) -> None:
    called, other = name(), name()
    with pytest.raises(HostError) as caught:
        run(shell(), "busybox", ("/no/such",), detach=True, name=called, network="none")
    here = cli("run", "-d", "--name", other, *NONE, "busybox", "/no/such")
    assert (caught.value.exit_code, here.returncode) == (127, 127)
    assert f"hull: {caught.value.message}" == here.stderr.decode().splitlines()[0]
    assert cli("inspect", called).returncode == cli("inspect", other).returncode


def test_limits_that_cannot_be_leave_nothing(
    cli: CommandLine, name: Name, shell: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    called = name()
    monkeypatch.setenv("HULL_CGROUP", "/no/such/group")
    with pytest.raises(HostError) as caught:
        run(shell(), "busybox", ("true",), detach=True, name=called, network="none", memory="64m")
    assert "/no/such/group" in caught.value.message or "cgroup" in caught.value.message
    assert not isinstance(caught.value, NotHere)
    assert caught.value.hint
    assert cli("inspect", called).returncode == 125


def test_who_would_have_to_move_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from hull.model import Limits
    from hull.runtime import systemd

    (tmp_path / "cgroup.controllers").write_text("pids\n")  # type: ignore[operator]
    monkeypatch.delenv("HULL_CGROUP", raising=False)
    monkeypatch.setattr(systemd, "refuses", lambda: "")
    monkeypatch.setattr(systemd, "enter_scope", lambda _: pytest.fail("it was moved"))
    with pytest.raises(NotHere, match="its own process would have to move"):
        cgroups.apply(Limits(pids=7), "0" * 64, Tree(str(tmp_path), str(tmp_path)), resident=True)

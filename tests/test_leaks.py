"""Many starts in a row and at once leave nothing: no mount, process, descriptor, file or user namespace."""

import os
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.leaks import left, new
from tests.repeat import times

TRUE = ("run", "--rm", "--network", "none", "busybox", "true")

pytestmark = pytest.mark.serial


def test_a_thousand_starts_in_a_row(fresh_cli: CommandLine) -> None:
    fresh_cli(*TRUE, check=True)
    before = left(fresh_cli.root)
    for _ in range(times(200, 1000)):
        assert fresh_cli(*TRUE).returncode == 0
    assert new(fresh_cli.root, before) == {}
    assert fresh_cli("ps", "-a", "-q").stdout == b""


@pytest.mark.single_id
@pytest.mark.as_root
def test_fifty_starts_at_once(fresh_cli: CommandLine) -> None:
    fresh_cli(*TRUE, check=True)
    before = left(fresh_cli.root)
    started = [fresh_cli.popen(*TRUE, stderr=subprocess.PIPE) for _ in range(50)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert ended == [(b"", 0)] * 50
    assert new(fresh_cli.root, before) == {}
    assert fresh_cli("ps", "-a", "-q").stdout == b""


@pytest.mark.needs("tun")
@pytest.mark.parametrize("backend", ["slirp4netns", "pasta"])
def test_starts_with_a_network(fresh_cli: CommandLine, backend: str) -> None:
    words = ("run", "--rm", "--network", backend, "busybox", "true")
    fresh_cli(*words, check=True)
    before = left(fresh_cli.root)
    for _ in range(times(20, 1000)):
        assert fresh_cli(*words).returncode == 0
    assert new(fresh_cli.root, before) == {}


def test_store_and_list_agree_after_runs_that_stay(fresh_cli: CommandLine) -> None:
    for _ in range(10):
        fresh_cli("run", "--network", "none", "busybox", "true", check=True)
    listed = fresh_cli("ps", "-a", "-q", "--no-trunc", check=True).stdout.decode().split()
    assert sorted(listed) == sorted(os.listdir(f"{fresh_cli.root}/containers"))
    assert len(listed) == 10
    fresh_cli("rm", *listed, check=True)
    assert os.listdir(f"{fresh_cli.root}/containers") == []


def test_a_warm_engine_leaks_no_descriptor(fresh_cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    from hull.commands.run import run
    from hull.engine import Engine
    from hull.runtime.launch import Launch

    monkeypatch.setenv("HULL_ROOT", fresh_cli.root)
    engine = Engine()
    engine.keep()

    def once() -> None:
        launch = run(engine, "busybox", ("true",), network="none", rm=True)
        assert isinstance(launch, Launch)
        assert engine.spawn(launch, stdin=subprocess.DEVNULL).wait(30) == 0

    once()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(times(50, 1000)):
        once()
    assert len(os.listdir("/proc/self/fd")) <= before + 2  # the network namespace that it keeps ready
    engine.close()

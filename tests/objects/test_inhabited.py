"""`hull.inside` in plain Python: a container that is up for a block."""

import asyncio
import os
import subprocess
import sys

import hull
import pytest
from hull import aio

from tests.waiting import gone, until


@pytest.fixture(autouse=True)
def store(cli, monkeypatch):
    """Let the values be those of the store that holds busybox."""
    monkeypatch.setenv("HULL_ROOT", cli.root)


def out(container, *words, **flags):
    return container.run(words, capture_output=True, check=True, **flags).stdout.decode().split()


def test_commands_run_in_one_container_that_is_gone_afterwards(cli, others):
    with hull.inside("busybox", network="none", env={"A": "1"}, user="0") as c:
        assert c.state == "running"
        out(c, "touch", "/been")
        assert out(c, "sh", "-c", "ls /been; echo $A $B", env={"B": "2"}) == ["/been", "1", "2"]
    assert cli.containers() <= others


def test_exceptions_leave_it_and_a_name_keeps_it(cli):
    def fail_inside():
        with hull.inside("busybox", network="none", name="held") as c:
            out(c, "touch", "/been")
            raise ValueError("on the way")

    try:
        with pytest.raises(ValueError, match="on the way"):
            fail_inside()
        assert hull.container("held").state == "exited"
        with hull.inside("held", env={"A": "1"}) as c:
            assert out(c, "sh", "-c", "ls /been; echo $A") == ["/been", "1"]
        assert hull.container("held").state == "exited"
    finally:
        cli("rm", "-f", "held", check=True)


def test_one_that_runs_is_left_running(cli):
    cli("run", "-d", "--network", "none", "--name", "busy", "busybox", "sleep", "1000", check=True)
    try:
        with hull.inside("busy") as c:
            out(c, "true")
        assert hull.container("busy").state == "running"
    finally:
        cli("rm", "-f", "busy", check=True)


def test_a_start_that_fails_leaves_nothing(cli, others):
    with pytest.raises(hull.HullError), hull.inside("busybox", network="none", user="nobody-at-all"):
        pass
    assert cli.containers() <= others


def test_coroutines(cli, others):
    async def session():
        async with aio.inside("busybox", network="none") as c:
            done = await asyncio.gather(*(c.run(["echo", str(n)], capture_output=True) for n in range(3)))
            return [one.stdout for one in done]

    assert asyncio.run(session()) == [b"0\n", b"1\n", b"2\n"]
    assert cli.containers() <= others


def test_it_does_not_outlive_the_process(cli, others):
    code = (
        "import hull, sys, time\nwith hull.inside('busybox', network='none') as c:\n"
        "    print(c.inspect()['State']['Pid'], flush=True)\n    sys.stdin.read()\n"
    )
    env = cli.env(PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdin=-1, stdout=-1) as child:
        pid = int(child.stdout.readline())
        child.kill()
    assert gone(pid)
    until(lambda: cli.containers("-q") <= others, "the container to be seen as ended")
    cli("run", "--rm", "--network", "none", "busybox", "true", check=True)
    assert cli.containers() <= others

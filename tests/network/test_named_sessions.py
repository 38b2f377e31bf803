"""Containers of several shells on one network, and what a shell that goes on keeps of them: nothing."""

import subprocess
import sys

import pytest

from tests.town import Town

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]

SHELL = """
import os, sys
from hull.engine import Engine
from hull.commands.run import run
from hull.commands.rm import rm
net, name, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = Engine()
engine.keep()
def descriptors(): return sorted(os.listdir("/proc/self/fd"))
run(engine, "busybox", ("true",), detach=True, rm=True, network=(net,))  # what is opened once is open now
before = descriptors()
for number in range(times):
    run(engine, "busybox", ("true",), detach=True, rm=True, network=(net,))
    foreground = run(engine, "busybox", ("true",), rm=True, network=(net,))
    assert engine.spawn(foreground).wait() == 0
print(len(descriptors()) - len(before))
serve = ("sh", "-c", "while true; do echo $0 | nc -l -p 80; done", name)
run(engine, "busybox", serve, detach=True, name=name, network=(net,))
print(len(descriptors()) - len(before))
engine.close()
"""


def shell(town: Town, net: str, name: str, times: int = 0) -> list[str]:
    """Start a container from a Python that goes on afterwards; return what that printed."""
    done = subprocess.run(
        [sys.executable, "-c", SHELL, net, name, str(times)],
        env={**town.cli.env(), "HULL_WARM": "0"},  # what it keeps ready has descriptors of its own
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_members_come_from_the_command_line_and_from_two_shells(town: Town) -> None:
    net = town.network("--internal")
    first, second, third = town.name(), town.name(), town.server("--network", net)
    for name in (first, second):
        shell(town, net, name)
    boxes = (first, second, third)
    for one in boxes:
        for other in boxes:
            assert town.asks(one, other) == other


def test_a_shell_keeps_no_descriptor_of_what_it_started(town: Town) -> None:
    net = town.network("--internal")
    assert shell(town, net, town.name(), times=3) == ["0", "0"]


def test_a_shells_namespace_may_be_that_of_all(town: Town) -> None:
    net = town.network("--internal")
    first = town.name()
    shell(town, net, first)
    late = town.server("--network", net)
    assert town.asks(first, late) == late
    assert town.asks(late, first) == first

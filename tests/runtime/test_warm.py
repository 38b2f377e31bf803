"""A session's network namespace made ahead: taken by one container, gone with it and with a shell that was killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from hull.kernel.features import environment
from hull.runtime.warm import Warm

pytestmark = [pytest.mark.needs("range", "tun", "program:slirp4netns"), pytest.mark.real]

SHELL = """
import json, os, sys, time
from hull.commands.run import run
from hull.engine import Engine

engine = Engine()
engine.keep()
until = time.monotonic() + 20
waits = lambda: engine.warm is not None and engine.warm._waiting is not None
while not waits() and time.monotonic() < until and sys.argv[1] != "off":
    time.sleep(0.01)
if waits():
    import select
    select.select([engine.warm._waiting.stdout], [], [], 20)
flags = json.loads(sys.argv[2])
for key, value in flags.items():
    flags[key] = tuple(value) if isinstance(value, list) else value
took = engine.warm._waiting.pid if waits() else 0
launch = run(engine, "busybox", ("sh", "-c", sys.argv[3]), rm=True, **flags)
child = engine.spawn(launch)
print(json.dumps([took, bool(engine.warm and engine.warm._taken), child.pid]), flush=True)
if sys.argv[1] == "wait":
    time.sleep(1000)
code = child.wait()
engine.close()
sys.exit(code)
"""


@pytest.fixture
def shell(cli, children):
    def start(script, how="run", **flags):
        argv = [sys.executable, "-c", SHELL, how, json.dumps(flags), script]
        env = {**environment(), **cli.env(), **({"HULL_WARM": "0"} if how == "off" else {})}
        process = subprocess.Popen(argv, env=env, stdout=-1, stderr=-1)
        children.append(process)
        return process

    return start


def ended(pid):
    """Wait until no process has the number, zombies aside."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


LOOK = "ip -o addr show tap0 | grep -c 10.0.2.100; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ls /sys/class/net"


def test_a_container_takes_it_and_it_goes_with_it(shell):
    out, error = (process := shell(LOOK)).communicate(timeout=60)
    first, *rest = out.decode().splitlines()
    took, taken, _ = json.loads(first)
    assert (process.returncode, taken, rest) == (0, True, ["1", "0", "lo", "tap0"]), error
    assert ended(took)


@pytest.mark.parametrize(
    "flags", [{"cap_add": ["NET_ADMIN"]}, {"network": ["slirp4netns:mtu=1500"]}, {"network": ["none"]}]
)
def test_who_asks_for_another_makes_its_own(shell, flags):
    out, error = (process := shell("true", **flags)).communicate(timeout=60)
    assert (process.returncode, json.loads(out.splitlines()[0])[1]) == (0, False), error


def test_a_published_port_leads_into_it(shell):
    out, error = (process := shell("true", publish=["127.0.0.1::80"])).communicate(timeout=60)
    assert (process.returncode, json.loads(out.splitlines()[0])[1]) == (0, True), error


def test_it_can_be_declined(shell):
    out, error = (process := shell(LOOK, how="off")).communicate(timeout=60)
    assert process.returncode == 0, error
    assert json.loads(out.splitlines()[0])[:2] == [0, False]


def test_nothing_is_left_when_the_shell_is_killed(shell):
    process = shell("sleep 1000", how="wait")
    took, taken, launcher = json.loads(process.stdout.readline())
    assert taken
    process.kill()
    process.wait()
    os.kill(launcher, signal.SIGKILL)
    assert ended(took)
    assert ended(launcher)


def test_nothing_is_asked_for_twice(monkeypatch):
    started = []
    monkeypatch.setattr("_thread.start_new_thread", lambda function, words: started.append(function))
    warm = Warm(None, ())
    warm.prepare_soon()
    warm.prepare_soon()
    assert len(started) == 1, "one is about to be made"
    with subprocess.Popen(["sleep", "60"]) as waiting:
        warm._pausing, warm._waiting = False, waiting
        warm.prepare_soon()
        assert len(started) == 1, "one waits"
        waiting.kill()
        waiting.wait(10)
        warm.prepare_soon()
        assert len(started) == 2, "the one that waited is gone"

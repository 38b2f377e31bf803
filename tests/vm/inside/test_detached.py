"""Detached containers under limits: frozen, counted, changed and killed by the kernel, over every start."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hull.runtime import members

from tests.vm.inside.test_limits import GROUPS, _group_of

SLEEP = ("busybox", "sleep", "600")
NONE = ("--network", "none")


@pytest.fixture
def detached(cli):
    """Start a detached container by name; every one is removed, and no group of theirs is left."""
    names, groups = [], []

    def run(name, *words, command=SLEEP):
        names.append(name)
        ident = cli("run", "-d", "--name", name, *NONE, *words, *command, check=True).stdout.decode()
        groups.append(f"hull-{ident[:12]}")

    yield run
    for name in names:
        cli("rm", "-f", name, check=True)
    own = f"{GROUPS}/user.slice/user-{os.geteuid()}.slice"
    deadline = time.monotonic() + 30
    while left := [place for place, _, _ in os.walk(own) if any(group in place for group in groups)]:
        assert time.monotonic() < deadline, left  # the manager removes a scope when it has heard that it is empty
        select.select([], [], [], 0.1)


def state(cli, name):
    return json.loads(cli("inspect", name, check=True).stdout)[0]["State"]


def group(cli, name):
    return Path(_group_of(state(cli, name)["Pid"]))


def test_limits_are_in_force_at_every_start(cli, detached):
    detached("again", "--memory", "64m", "--pids-limit", "33")
    for _ in range(2):
        place = group(cli, "again")
        assert [(place / name).read_text() for name in ("memory.max", "pids.max")] == ["67108864\n", "33\n"]
        cli("stop", "-t", "0", "again", check=True)
        assert not place.exists()
        cli("start", "again", check=True)


RESIDENT = """
import os, sys
import hull
before = open("/proc/self/cgroup").read()
c = hull.run("busybox", ["sleep", "600"], detach=True, network="none", memory="64m", name=sys.argv[1])
c.stop(time=0)
c.start()
assert open("/proc/self/cgroup").read() == before, "it was moved"
"""


@pytest.mark.single_id
def test_a_shell_that_stays_starts_what_has_limits(cli):
    done = subprocess.run([sys.executable, "-c", RESIDENT, "beside"], env=cli.env(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (group(cli, "beside") / "memory.max").read_text() == "67108864\n"
    cli("rm", "-f", "beside", check=True)


@pytest.mark.single_id
def test_pause_is_the_freezers(cli, detached):
    detached("cold", "--memory", "64m")
    assert b"signal" not in cli("pause", "cold", check=True).stderr
    assert "frozen 1" in (group(cli, "cold") / "cgroup.events").read_text()
    assert "T" not in {member.state for member in members.find(state(cli, "cold")["Pid"])}
    assert state(cli, "cold")["Paused"] is True
    cli("unpause", "cold", check=True)
    assert "frozen 0" in (group(cli, "cold") / "cgroup.events").read_text()
    cli("pause", "cold", check=True)
    cli("kill", "cold", check=True)
    assert cli("wait", "cold", check=True).stdout == b"137\n"


def test_stats_are_the_groups(cli, detached):
    detached("fat", "--memory", "64m", "--cpus", "1")
    cli("exec", "fat", "dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1M", "count=8", check=True)
    done = cli("stats", "--no-stream", "--json", "fat", check=True)
    (row,) = json.loads(done.stdout)
    assert (row["source"], row["limit"]) == ("cgroup", 64 << 20)
    assert 8 << 20 < row["memory"] < 64 << 20
    assert row["pids"] >= 2
    assert b"summed" not in done.stderr


def test_update_reaches_a_running_one(cli, detached):
    detached("more", "--memory", "64m")
    cli("update", "--memory", "96m", "--memory-swap", "96m", "--cpus", "0.5", "--pids-limit", "44", "more", check=True)
    place = group(cli, "more")
    names = ("memory.max", "memory.swap.max", "cpu.max", "pids.max")
    assert [(place / name).read_text() for name in names] == ["100663296\n", "0\n", "50000 100000\n", "44\n"]
    cli("stop", "-t", "0", "more", check=True)
    cli("start", "more", check=True)
    assert (group(cli, "more") / "memory.max").read_text() == "100663296\n", "and the next start"


def test_a_refused_update_changes_nothing(cli, detached):
    detached("same", "--memory", "64m")
    done = cli("update", "--memory", "96m", "--cpuset-cpus", "0", "same")
    assert done.returncode == 125
    assert b"cpuset" in done.stderr
    assert b"Delegate=" in done.stderr
    assert (group(cli, "same") / "memory.max").read_text() == "67108864\n"
    assert json.loads(cli("inspect", "same", check=True).stdout)[0]["HostConfig"]["Memory"] == 64 << 20


def test_one_without_a_group_is_told_the_way(cli, detached):
    detached("bare")
    done = cli("update", "--memory", "96m", "bare")
    assert done.returncode == 125
    assert b"hull stop bare" in done.stderr
    cli("stop", "-t", "0", "bare", check=True)
    cli("update", "--memory", "96m", "bare", check=True)
    cli("start", "bare", check=True)
    assert (group(cli, "bare") / "memory.max").read_text() == "100663296\n"


@pytest.mark.single_id
def test_b54_out_of_memory_is_told_everywhere(cli, detached):
    hog = ("busybox", "sh", "-c", "x=hog; while :; do x=$x$x; done")
    detached("hog", "--memory", "32m", "--memory-swap", "32m", command=hog)
    assert cli("wait", "hog", check=True).stdout == b"137\n"
    found = state(cli, "hog")
    assert (found["OOMKilled"], found["ExitCode"]) == (True, 137)
    events = [json.loads(line) for line in Path(f"{cli.root}/events").read_text().splitlines()]
    mine = [event["Action"] for event in events if event["Actor"]["Attributes"].get("name") == "hog"]
    assert "oom" in mine
    assert "die" in mine


def test_a_group_serves_every_run_of_a_restarted_one(cli, detached):
    script = "cat /sys/fs/cgroup/memory.max; exit 3"
    detached("returns", "--memory", "64m", "--restart", "on-failure:2", command=("busybox", "sh", "-c", script))
    assert cli("wait", "returns", check=True).stdout == b"3\n"
    assert cli("logs", "returns", check=True).stdout == b"67108864\n" * 3
    assert state(cli, "returns")["OOMKilled"] is False


def test_exec_is_bound_by_the_same_limits(cli, detached):
    detached("inner", "--memory", "64m")
    assert cli("exec", "inner", "cat", "/proc/self/cgroup", check=True).stdout == b"0::/\n"

"""Limits through the login's service manager: in force, told apart when they kill, refused when they cannot be."""

import json
import os
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.commandline import CommandLine

SH = ("busybox", "sh", "-c")
GROUPS = "/sys/fs/cgroup"


@pytest.fixture
def limited(cli: CommandLine):
    """Run a script in a new container with these flags, no network; the container goes."""
    return lambda script, *flags, **options: cli("run", "--rm", "--network", "none", *flags, *SH, script, **options)


@pytest.mark.single_id
def test_b55_each_limit_reads_back_inside(limited):
    flags = ("--memory", "64m", "--cpus", "0.5", "--pids-limit", "33")
    done = limited("cd /sys/fs/cgroup && cat memory.max memory.swap.max cpu.max pids.max", *flags)
    assert done.stdout.split(b"\n")[:4] == [b"67108864", b"67108864", b"50000 100000", b"33"], done.stderr


def test_b55_a_bare_environment_finds_the_manager(cli, limited):
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "HULL_ROOT": cli.root}
    done = limited("cat /sys/fs/cgroup/memory.max", "--memory", "64m", env=env)
    assert done.stdout == b"67108864\n", done.stderr


@pytest.mark.parametrize(("flag", "controller"), [("--memory=64m", b"memory"), ("--cpus=1", b"cpu")])
def test_b55_without_a_manager_it_is_refused(cli, limited, tmp_path, flag, controller):
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "HULL_ROOT": cli.root, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = limited("echo ran", flag, env=env)
    assert (done.returncode, done.stdout) == (125, b"")
    message, *hint = done.stderr.splitlines()
    assert controller in message
    assert b"HULL_CGROUP" in b" ".join(hint)
    assert cli("ps", "-aq").stdout == b""


def test_b55_a_controller_that_is_not_delegated_is_refused(cli, limited):
    done = limited("echo ran", "--cpuset-cpus", "0")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"cpuset" in done.stderr
    assert b"Delegate=" in done.stderr
    assert cli("ps", "-aq").stdout == b""


@pytest.mark.single_id
def test_b54_a_container_out_of_memory_says_so(cli):
    hog = "x=hog; while :; do x=$x$x; done"
    done = cli("run", "--name", "hog", "--network", "none", "--memory", "32m", "--memory-swap", "32m", *SH, hog)
    state = json.loads(cli("inspect", "hog", check=True).stdout)[0]["State"]
    cli("rm", "hog", check=True)
    assert done.returncode == 137, done.stderr
    assert (state["OOMKilled"], state["ExitCode"]) == (True, 137)


def test_b54_a_killed_one_does_not(cli):
    done = cli("run", "--name", "shot", "--network", "none", "--memory", "32m", *SH, "kill -9 $$")
    state = json.loads(cli("inspect", "shot", check=True).stdout)[0]["State"]
    cli("rm", "shot", check=True)
    assert (done.returncode, state["OOMKilled"], state["ExitCode"]) == (137, False, 137), done.stderr


def test_processor_time_is_throttled(limited):
    script = "timeout 2 sh -c 'while :; do :; done'; grep -w nr_throttled /sys/fs/cgroup/cpu.stat"
    done = limited(script, "--cpus", "0.2")
    assert int(done.stdout.split()[1]) > 0, done.stderr


def test_a_fork_bomb_is_bounded_and_killed(cli, children):
    argv = ("run", "--rm", "--name", "bomb", "--network", "none", "--pids-limit", "20", *SH)
    bomb = cli.popen(*argv, "echo up; read go; b() { b | b & }; b; exec sleep 600", stdin=-1, stdout=-1, stderr=-1)
    children.append(bomb)
    assert bomb.stdout.readline() == b"up\n"
    group = _group_of(json.loads(cli("inspect", "bomb", check=True).stdout)[0]["State"]["Pid"])
    _start_and_await_refusals(bomb, f"{group}/pids.events")
    assert int(Path(f"{group}/pids.current").read_text()) <= 20
    cli("kill", "bomb", check=True)
    bomb.communicate(timeout=60)
    assert bomb.returncode == 137
    assert not os.path.exists(group)


def test_limited_containers_run_side_by_side(cli, children):
    for number in ("1", "2"):
        argv = ("run", "--rm", "--name", f"side{number}", "--network", "none", "--memory", f"6{number}m", *SH)
        child = cli.popen(*argv, "cat /sys/fs/cgroup/memory.max; read stop", stdin=-1, stdout=-1)
        children.append(child)
        assert int(child.stdout.readline()) == int(f"6{number}") << 20
    assert len(cli("ps", "-q").stdout.split()) == 2
    inside = cli("exec", "side2", "cat", "/sys/fs/cgroup/memory.max", "/proc/self/cgroup", check=True).stdout
    assert inside.splitlines() == [str(62 << 20).encode(), b"0::/"], "exec runs under the container's limits"
    for child in children:
        child.communicate(b"\n", timeout=60)


@pytest.mark.parametrize("program", ["true", "/no/such/program"])
def test_the_groups_and_scopes_are_gone_afterwards(cli, program):
    cli("run", "--rm", "--network", "none", "--memory", "64m", "busybox", program)
    own = f"{GROUPS}/user.slice/user-{os.geteuid()}.slice"
    deadline = time.monotonic() + 30
    while left := [place for place, _, _ in os.walk(own) if "/hull-" in place]:
        assert time.monotonic() < deadline, left  # the manager removes a scope when it has heard that it is empty
        select.select([], [], [], 0.1)


# What a service, a batch system or an administrator does that hands out a group of its own.
IN_A_GROUP = """
own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir $own/shell $own/work && echo $$ > $own/shell/cgroup.procs
echo '+memory +pids' > $own/cgroup.subtree_control
export HULL_CGROUP=$own/work XDG_RUNTIME_DIR=/nonexistent DBUS_SESSION_BUS_ADDRESS=
"$@"
status=$?
ls -d $own/work/*/
exit $status
"""


def _in_a_group(cli: CommandLine, *words: str) -> "subprocess.CompletedProcess[bytes]":
    scope = ("systemd-run", "--user", "--scope", "--quiet", "--property=Delegate=yes")
    argv = (*scope, "sh", "-c", IN_A_GROUP, "sh", *cli.argv(*words))
    return subprocess.run(argv, env=cli.env(), capture_output=True, timeout=60, check=False)


def test_a_group_of_ones_own_is_used(cli):
    read = ("cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max")
    done = _in_a_group(cli, "run", "--rm", "--network=none", "--memory=64m", "--pids-limit=9", "busybox", *read)
    assert done.stdout == b"67108864\n9\n", done.stderr


def test_a_group_that_lacks_the_controller_is_refused(cli):
    done = _in_a_group(cli, "run", "--rm", "--network=none", "--cpus=1", "busybox", "echo", "ran")
    assert done.stdout == b""
    assert b"cpu" in done.stderr


def test_a_group_that_cannot_be_entered_is_refused(cli, limited):
    manager = f"{GROUPS}/user.slice/user-{os.geteuid()}.slice/user@{os.geteuid()}.service"
    for group in (GROUPS, manager):  # not ours; ours, but a login's processes may not move there
        done = limited("echo ran", "--memory", "64m", env=cli.env(HULL_CGROUP=group))
        assert (done.returncode, done.stdout) == (125, b"")
        assert group.encode() in done.stderr
    assert not [name for name in os.listdir(manager) if name.startswith("hull")]


def _group_of(pid: int) -> str:
    text = Path(f"/proc/{pid}/cgroup").read_text()
    return GROUPS + text.split("0::", 1)[1].strip()


def _start_and_await_refusals(bomb: "subprocess.Popen[bytes]", events: str) -> None:
    """Let the bomb go and wait until the kernel has refused a fork: it tells by POLLPRI."""
    with open(events) as file:
        assert file.read().split() == ["max", "0"]
        poll = select.poll()
        poll.register(file, select.POLLPRI)
        bomb.stdin.write(b"go\n")
        bomb.stdin.flush()
        assert poll.poll(60_000), "no fork was refused"
        file.seek(0)
        assert int(file.read().split()[1]) > 0

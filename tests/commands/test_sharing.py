"""A container in another one's processes or IPC: what it sees, what ends with it, and what cannot be."""

import json
import os
import signal

import pytest
from hull.runtime import members

from tests.waiting import gone, until

QUIET = ("--network", "none")
DETACHED = "(setsid sleep 4321 &); sleep 4322 & exec sleep 4323"


@pytest.fixture
def target(cli):
    cli("run", "-d", "--name", "share-target", *QUIET, "--ipc", "shareable", "busybox", "sleep", "4320", check=True)
    yield "container:share-target"
    cli("rm", "-f", "share-target", "share-new")


def state(cli, name):
    return json.loads(cli("inspect", name, check=True).stdout)[0]["State"]


def commands(init):
    found = {}
    for member in (one for one in members.find(init) if one.state not in members.ENDED):
        with open(f"/proc/{member.pid}/cmdline", encoding="ascii") as file:
            found[file.read().replace("\0", " ").strip()] = member.pid
    return found


def detach(cli, target, *flags):
    """Start a newcomer whose processes have left it in every way there is; return its init and all of them by name."""
    cli(
        "run", "-d", "--name", "share-new", *QUIET, "--pid", target, *flags, "busybox", "sh", "-c", DETACHED, check=True
    )
    cli("exec", "share-new", "sh", "-c", "setsid sleep 4324 > /dev/null 2>&1 &", check=True)
    init = state(cli, "share-new")["Pid"]
    until(lambda: {f"sleep {number}" for number in range(4321, 4325)} <= set(commands(init)), "its processes")
    return init, commands(init)


@pytest.mark.single_id
@pytest.mark.as_root
def test_processes_and_shared_memory_are_the_others(cli, target):
    script = "echo written > /dev/shm/f; ps -o args; ls /proc/1/ns/ | wc -l; readlink /proc/self/ns/ipc; id -u"
    done = cli("run", "--rm", *QUIET, "--pid", target, "--ipc", target, "busybox", "sh", "-c", script, check=True)
    lines = done.stdout.decode().split("\n")
    assert "sleep 4320" in lines, "the target's program"
    ipc = next(line for line in lines if line.startswith("ipc:"))
    seen = cli("exec", "share-target", "sh", "-c", "cat /dev/shm/f; readlink /proc/self/ns/ipc; ps", check=True).stdout
    assert seen.decode().startswith(f"written\n{ipc}\n")
    assert b"ps -o" not in seen, "nothing of it is left"
    alone = cli("run", "--rm", *QUIET, "--ipc", target, "busybox", "sh", "-c", "echo $$; cat /dev/shm/f", check=True)
    assert alone.stdout == b"2\nwritten\n", "processes of its own"


@pytest.mark.single_id
@pytest.mark.as_root
@pytest.mark.parametrize("how", ["program", "init", "launcher"])
def test_nobody_of_it_is_left(cli, target, how):
    init, started = detach(cli, target)
    others = commands(state(cli, "share-target")["Pid"])
    assert not set(others) & set(started) - {"hull-init"}, "the target's are its own"
    victim = {"program": started["sleep 4323"], "init": init, "launcher": members.read(init).parent}[how]
    os.kill(victim, signal.SIGKILL)
    assert [name for name, pid in started.items() if not gone(pid)] == []
    until(lambda: state(cli, "share-new")["Status"] == "exited", "its end")
    assert state(cli, "share-new")["ExitCode"] == 137
    assert commands(state(cli, "share-target")["Pid"]) == others


def test_it_is_held_still_alone(cli, target):
    init, _ = detach(cli, target)
    cli("pause", "share-new", check=True)
    assert {member.state for member in members.find(init)} == {"T"}
    assert "T" not in {member.state for member in members.find(state(cli, "share-target")["Pid"])}
    cli("unpause", "share-new", check=True)
    assert cli("stop", "-t", "5", "share-new", check=True).stdout == b"share-new\n"
    assert state(cli, "share-new")["ExitCode"] == 143


def test_the_targets_end_is_its_end(cli, target):
    init, started = detach(cli, target, "--restart", "on-failure")
    cli("stop", "-t", "0", "share-target", check=True)
    assert [name for name, pid in started.items() if not gone(pid)] == []
    found = until(lambda: (now := state(cli, "share-new"))["Status"] == "exited" and now, "the end of its restarts")
    assert "no longer running" in found["Error"]
    refused = cli("start", "share-new")
    ident = json.loads(cli("inspect", "share-target", check=True).stdout)[0]["Id"]
    assert refused.returncode == 125
    assert f"failed to join PID namespace: container {ident} is not running".encode() in refused.stderr
    cli("start", "share-target", "share-new", check=True)
    assert state(cli, "share-new")["Pid"] not in (0, init)


REFUSED = [
    (("--pid", "container:nobody"), b"cannot share processes: No such container: nobody"),
    (("--pid", "container:"), b"invalid --pid 'container:'"),
    (("--ipc", "shared"), b"invalid --ipc 'shared'"),
    (("--pid", "container:x", "--no-init"), b"cannot share processes without an init"),
    (("--ipc", "TARGET", "--shm-size", "1m"), b"cannot set the size of /dev/shm"),
    (("--ipc", "TARGET", "--userns", "single"), b"maps ids by --userns auto, not single"),
]


def test_what_cannot_be_is_named(cli, target):
    for flags, why in REFUSED:
        done = cli("create", *(target if flag == "TARGET" else flag for flag in flags), "busybox")
        assert (done.returncode, why in done.stderr) == (125, True), (flags, done.stderr)
    cli("run", "-d", "--name", "share-new", *QUIET, "busybox", "sleep", "4320", check=True)
    done = cli("run", "--rm", *QUIET, "--ipc", "container:share-new", "busybox", "true")
    assert b"non-shareable IPC (hint: use IpcMode:shareable for the donor container)" in done.stderr
    done = cli("run", "--rm", *QUIET, "--ipc", target, "--pid", "container:share-new", "busybox", "true")
    assert b"cannot share the processes of one container and the IPC of another" in done.stderr
    done = cli("run", "--rm", "--egress", "none", "--pid", target, "busybox", "true")
    assert b"know nothing of each other" in done.stderr


def test_who_is_hidden_has_its_score_all_the_same(cli, target):
    script = "cat /proc/self/oom_score_adj"
    flags = ("--oom-score-adj", "321")
    done = cli("run", "--rm", *QUIET, *flags, "--pid", target, "busybox", "sh", "-c", script, check=True)
    assert done.stdout == b"321\n"
    cli("run", "-d", "--name", "share-new", *QUIET, *flags, "busybox", "sleep", "4320", check=True)
    assert cli("exec", "share-new", "sh", "-c", script, check=True).stdout == b"321\n"

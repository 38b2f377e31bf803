"""Nothing runs in a paused container, and everything goes on afterwards; without a control group, by signals."""

import json
import signal
import time
from pathlib import Path

import pytest
from hull.runtime import members

COUNT = "echo up; while :; do echo x >> /n; done"


@pytest.fixture
def start(cli, children):
    """Start a container in the background by name; return its pid 1 once it has said `up`."""
    names = []

    def run(name, script, *flags):
        argv = ("run", "--name", name, "--network", "none", *flags, "busybox", "sh", "-c", script)
        child = cli.popen(*argv, stdin=-1, stdout=-1)
        children.append(child)
        names.append(name)
        assert child.stdout.readline().split() == [b"up"]
        return state(cli, name)["Pid"]

    yield run
    for name in names:
        cli("rm", "-f", name)


def state(cli, name):
    return json.loads(cli("inspect", name, check=True).stdout)[0]["State"]


def letters(pid):
    return {member.state for member in members.find(pid)}


def test_nothing_runs_until_unpause(cli, start):
    pid = start("held", "sleep 600 & " + COUNT)
    done = cli("pause", "held", check=True)
    assert done.stdout == b"held\n"
    assert letters(pid) == {"T"} or b"signal" not in done.stderr
    (grown,) = Path(cli.root).glob("containers/*/upper/n")
    before = grown.stat().st_size
    assert state(cli, "held")["Status"] == "paused"
    assert grown.stat().st_size == before
    assert cli("unpause", "held", check=True).stdout == b"held\n"
    assert state(cli, "held")["Status"] == "running"
    deadline = time.monotonic() + 10
    while grown.stat().st_size == before:
        assert time.monotonic() < deadline
    assert "T" not in letters(pid)


def test_the_fallback_says_so_once(cli, start):
    start("said", "echo up; exec sleep 600")
    assert cli("pause", "said", check=True).stderr.count(b"no control group of its own") == 1


def test_a_child_that_forks_is_caught(cli, start):
    pid = start("forks", "echo up; while :; do (:) & (:) & wait; done")
    for _ in range(5):
        cli("pause", "forks", check=True)
        seen = {(m.pid, m.state) for m in members.find(pid) if m.state not in members.ENDED}
        assert {letter for _, letter in seen} == {"T"}
        assert {(m.pid, m.state) for m in members.find(pid) if m.state not in members.ENDED} == seen
        cli("unpause", "forks", check=True)


def test_a_program_that_exec_started_is_held_and_goes_on(cli, start, children):
    pid = start("both", "echo up; exec sleep 600")
    inner = cli.popen("exec", "both", "sh", "-c", "echo in; read go; echo out", stdin=-1, stdout=-1)
    children.append(inner)
    assert inner.stdout.readline() == b"in\n"
    cli("pause", "both", check=True)
    inner.stdin.write(b"go\n")
    inner.stdin.flush()
    assert letters(pid) == {"T"}
    cli("unpause", "both", check=True)
    assert inner.stdout.readline() == b"out\n"
    assert inner.wait(10) == 0


def test_what_had_stopped_by_itself_stays_stopped(cli, start):
    pid = start("job", "sleep 600 & kill -STOP $!; echo up; exec sleep 601")
    cli("pause", "job", check=True)
    cli("unpause", "job", check=True)
    assert sorted(m.state for m in members.find(pid)) == ["S", "S", "T"]


@pytest.mark.parametrize("flags", [(), ("--no-init",), ("-t",)], ids=["init", "direct", "terminal"])
def test_the_launcher_goes_on_with_it_and_gives_its_code(cli, start, children, flags):
    start("quiet", "echo up; read go; exit 4", *flags)
    cli("pause", "quiet", check=True)
    cli("unpause", "quiet", check=True)
    children[-1].stdin.write(b"go\n")
    children[-1].stdin.flush()
    assert children[-1].wait(10) == 4


def test_a_paused_one_is_refused_what_needs_it_running(cli, start):
    start("twice", "echo up; exec sleep 600")
    cli("pause", "twice", check=True)
    again = cli("pause", "twice")
    assert again.returncode == 125
    assert b"it is paused" in again.stderr
    assert b"hull unpause twice" in again.stderr
    cli("unpause", "twice", check=True)
    assert b"it is running" in cli("unpause", "twice").stderr


def test_events_tell_both(cli, start):
    start("told", "echo up; exec sleep 600")
    cli("pause", "told", check=True)
    cli("unpause", "told", check=True)
    events = [json.loads(line) for line in Path(f"{cli.root}/events").read_text().splitlines()]
    mine = [e["Action"] for e in events if e["Actor"]["Attributes"].get("name") == "told"]
    assert [action for action in mine if "pause" in action] == ["pause", "unpause"]


def test_kill_reaches_a_paused_one(cli, start, children):
    start("ends", "echo up; exec sleep 600")
    cli("pause", "ends", check=True)
    cli("kill", "ends", check=True)
    assert children[-1].wait(10) == 128 + signal.SIGKILL


@pytest.mark.parametrize("flags", [(), ("--no-init",), ("-t",)], ids=["init", "direct", "terminal"])
def test_a_detached_one_is_held_too(cli, flags):
    count = "trap 'exit 5' TERM; while :; do echo x >> /m; done"
    flags = ("--name", "away", "--network", "none", *flags)
    cli("run", "-d", *flags, "busybox", "sh", "-c", count, check=True)
    pid = state(cli, "away")["Pid"]
    cli("pause", "away", check=True)
    assert letters(pid) == {"T"}
    assert state(cli, "away")["Paused"] is True
    cli("unpause", "away", check=True)
    cli("stop", "-t", "20", "away", check=True)
    assert state(cli, "away")["ExitCode"] == 5
    cli("rm", "away", check=True)


def test_stop_ends_a_paused_one(cli):
    cli("run", "-d", "--name", "frost", "--network", "none", "busybox", "sleep", "600", check=True)
    cli("pause", "frost", check=True)
    cli("stop", "-t", "1", "frost", check=True)
    assert state(cli, "frost")["Status"] == "exited"
    cli("rm", "frost", check=True)

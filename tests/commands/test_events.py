"""hull events: a container's life in Docker's words and forms."""

import json
import re
import signal
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE
from tests.waiting import has_open, until

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


def past(cli: CommandLine, *flags: str) -> list[str]:
    done = cli("events", "--since", "1h", "--until", "0s", *flags, check=True)
    return done.stdout.decode().splitlines()


def test_a_life_is_told(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("run", "-d", "--name", called, "--label", "team=x", *NONE, "busybox", "sh", "-c", "exit 3", check=True)
    cli("wait", called, check=True)
    told = [json.loads(line) for line in past(cli, "--filter", f"container={called}", "--format", "json")]
    assert [event["Action"] for event in told][:2] == ["create", "start"]
    (die,) = [event for event in told if event["Action"] == "die"]
    attributes = die["Actor"]["Attributes"]
    assert (attributes["exitCode"], attributes["name"], attributes["team"]) == ("3", called, "x")
    assert (die["status"], die["id"], die["from"], die["scope"]) == ("die", die["Actor"]["ID"], "busybox", "local")
    assert len(die["id"]) == 64
    assert told == sorted(told, key=lambda event: event["timeNano"])


def test_filters(cli: CommandLine, name: Name) -> None:
    first, second = name(), name()
    for called in (first, second):
        cli("create", "--name", called, "--label", f"one={called}", *NONE, "busybox", check=True)
    ident = past(cli, "-f", f"container={first}", "--format", "{{.Actor.ID}}")[0]
    shown = ("--format", "{{.Actor.Attributes.name}}")
    assert past(cli, "-f", f"container={ident[:12]}", *shown) == [first]
    assert past(cli, "-f", f"container={first}", "-f", f"container={second}", *shown) == [first, second]
    assert past(cli, "-f", f"label=one={second}", "-f", "type=container", "-f", "event=create", *shown) == [second]
    assert past(cli, "-f", f"container={first}", "-f", "event=die") == []
    assert past(cli, "-f", f"container={first}", "-f", "image=busybox", *shown) == [first]
    assert past(cli, "-f", "type=network") == []
    for odd in ("colour=red", "type"):
        done = cli("events", "-f", odd)
        assert (done.returncode, b"filter" in done.stderr) == (125, True)


def test_after_a_rename_it_has_its_new_name(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    old, new = name(), name()
    ident = cli("run", "-d", "--name", old, *NONE, "busybox", "sleep", "1000", check=True).stdout.decode().strip()
    cli("rename", old, new, check=True)
    words = ("events", "--filter", f"container={ident}", "--format", "{{.Action}} {{.Actor.Attributes.name}}")
    live = cli.popen(*words, stdout=subprocess.PIPE)
    children.append(live)
    assert live.stdout is not None
    until(lambda: has_open(live.pid, f"{cli.root}/events"))
    cli("kill", "-s", "KILL", new, check=True)
    assert live.stdout.readline().decode() == f"kill {new}\n"
    assert live.stdout.readline().decode() == f"die {new}\n"
    told = past(cli, "-f", f"container={ident}", "--format", "{{.Action}} {{.Actor.Attributes.name}}")
    assert told == [f"create {old}", f"start {old}", f"rename {new}", f"kill {new}", f"die {new}"]
    assert len(past(cli, "-f", f"container={new}")) == 3


def test_a_line_reads_as_dockers(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("create", "--name", called, "--label", "evil=\x1b[2J", *NONE, "busybox", check=True)
    (line,) = past(cli, "-f", f"container={called}")
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}[+-]\d\d:\d\d container create [0-9a-f]{64} \(.*\)"
    assert re.fullmatch(form, line)
    assert line.endswith(rf"(evil=\x1b[2J, image=busybox, name={called})")


def test_events_come_as_they_happen(cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]) -> None:
    called = name()
    words = ("events", "--since", "1m", "-f", f"container={called}", "--format", "{{.Action}}")
    children += [cli.popen(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    cli("run", "-d", "--name", called, *NONE, "busybox", "sleep", "1000", check=True)
    for child in children:
        assert [child.stdout.readline() for _ in range(2)] == [b"create\n", b"start\n"]  # type: ignore[union-attr]
    cli("kill", called, check=True)
    interrupted, closed = children
    while interrupted.stdout.readline() != b"die\n":  # type: ignore[union-attr]
        assert interrupted.poll() is None
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(10) == -signal.SIGINT
    assert interrupted.stderr.read() == b""  # type: ignore[union-attr]
    closed.stdout.close()  # type: ignore[union-attr]
    assert closed.wait(10) == -signal.SIGPIPE

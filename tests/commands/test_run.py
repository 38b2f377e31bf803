"""run -d: the id at once, a monitor beside it; what asks for a monitor in the foreground."""

import json
import os
import time

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
NONE = ("--network", "none")


def state(cli: CommandLine, name: str) -> dict[str, object]:
    found = json.loads(cli("inspect", "--type", "container", name, check=True).stdout)
    return dict(found[0]["State"])


def test_detached_prints_the_whole_id_and_returns(cli: CommandLine, name: Name) -> None:
    called = name()
    begun = time.monotonic()
    done = cli("run", "-d", "--name", called, *NONE, "busybox", "sleep", "1000", check=True)
    assert time.monotonic() - begun < 30
    ident = done.stdout.decode().strip()
    assert len(ident) == 64
    assert os.path.isdir(f"{cli.root}/containers/{ident}")
    assert state(cli, called)["Status"] == "running"
    assert done.stderr == b""


def test_what_cannot_be_executed_fails_as_in_the_foreground(cli: CommandLine, name: Name) -> None:
    for words, code in ((("nosuch",), 127), (("/etc",), 126)):
        called = name()
        done = cli("run", "-d", "--name", called, *NONE, "busybox", *words)
        assert (done.returncode, done.stdout) == (code, b"")
        assert words[0].encode() in done.stderr
        assert state(cli, called)["ExitCode"] == code


def test_detached_with_rm_leaves_nothing(cli: CommandLine) -> None:
    ident = cli("run", "-d", "--rm", *NONE, "busybox", "sh", "-c", "exit 3", check=True).stdout.decode().strip()
    cli("wait", ident)
    assert not os.path.exists(f"{cli.root}/containers/{ident}")
    assert cli("rm", ident).returncode == 125


def test_the_foreground_has_no_monitor_unless_something_asks_for_one(cli: CommandLine, name: Name) -> None:
    plain, watched = name(), name()
    for called, flags in ((plain, ()), (watched, ("--log-driver", "json-file"))):
        done = cli("run", "--name", called, *flags, *NONE, "busybox", "sh", "-c", "echo out; echo err >&2; exit 3")
        assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    events = []
    for called in (plain, watched):
        ident = json.loads(cli("inspect", called).stdout)[0]["Id"]
        with open(f"{cli.root}/containers/{ident}/status", "rb") as file:
            events.append({json.loads(line)["event"] for line in file})
    assert ["monitor" in found for found in events] == [False, True]


def test_restarts_in_the_foreground_are_seen_and_counted(cli: CommandLine, name: Name) -> None:
    called = name()
    words = ("--restart", "on-failure:2", "--name", called, *NONE, "busybox", "sh", "-c", "echo run; exit 4")
    done = cli("run", *words)
    assert (done.returncode, done.stdout) == (4, b"run\n" * 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--restart", "sometimes"), b"no, on-failure"),
        (("--restart", "on-failure:x"), b"no, on-failure"),
        (("--restart", "always", "--rm"), b"--rm"),
        (("--log-driver", "syslog"), b"json-file"),
        (("--log-opt", "max-size=0"), b"max-size"),
        (("--log-opt", "max-file=3"), b"max-size"),
        (("--log-opt", "colour=red"), b"max-size"),
        (("--health-interval", "soon"), b"1m30s"),
        (("--no-healthcheck", "--health-cmd", "true"), b"--health"),
        (("--detach-keys", "ctrl-."), b"ctrl-p"),
        (("-d", "--detach-keys", "ctrl-p"), b"attach"),
    ],
)
def test_words_that_cannot_be_are_refused_before_anything_is_made(
    cli: CommandLine, words: tuple[str, ...], told: bytes
) -> None:
    before = os.listdir(f"{cli.root}/containers")
    done = cli("run", *words, *NONE, "busybox", "true")
    assert done.returncode == 125
    assert told in done.stderr
    assert os.listdir(f"{cli.root}/containers") == before


def test_anonymous_volumes_outlive_a_container_unless_it_goes_by_rm(cli: CommandLine, name: Name) -> None:
    volumes = f"{cli.root}/volumes"
    before = set(os.listdir(volumes))
    cli("run", "--rm", "-v", "/data", *NONE, "busybox", "touch", "/data/x", check=True)
    assert set(os.listdir(volumes)) == before
    kept, gone = name(), name()
    for called in (kept, gone):
        cli("run", "--name", called, "-v", "/data", *NONE, "busybox", "touch", "/data/x", check=True)
    cli("rm", "-v", gone, check=True)
    cli("rm", kept, check=True)
    (left,) = set(os.listdir(volumes)) - before
    assert os.listdir(f"{volumes}/{left}/_data") == ["x"]

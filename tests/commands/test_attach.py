"""attach and exec -d."""

import os
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state
from tests.commands.test_stop import detached
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


def test_attached_it_is_as_in_the_foreground(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "while read x; do echo got-$x; echo err-$x >&2; done; exit 7", "-i")
    with cli.popen("attach", called, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        assert client.communicate(b"a\nb\n", timeout=60) == (b"got-a\ngot-b\n", b"err-a\nerr-b\n")
    assert client.returncode == 7


def test_without_input_it_only_looks(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "read x; while :; do echo got-$x; sleep 0.05; done", "-i")
    with cli.popen("attach", "--no-stdin", called, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as looking:
        giving = cli.popen("attach", called, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert looking.stdin is not None
        assert looking.stdout is not None
        looking.stdin.write(b"wrong\n")
        looking.stdin.close()
        giving.stdin.write(b"right\n")  # type: ignore[union-attr]
        giving.stdin.flush()  # type: ignore[union-attr]
        assert looking.stdout.readline() == b"got-right\n"  # said again and again: whoever comes first
        cli("kill", called, check=True)
        assert looking.wait(20) == giving.wait(20) == 137


@pytest.mark.parametrize("flag", ["--sig-proxy", "--no-sig-proxy"])
def test_signals_are_forwarded_unless_told_otherwise(cli: CommandLine, name: Name, flag: str) -> None:
    called = name()
    detached(cli, called, "trap 'echo got; exit 8' TERM; while :; do echo tick; sleep 0.05; done")
    with cli.popen("attach", flag, called, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        client.terminate()
        assert client.wait(20) == (8 if flag == "--sig-proxy" else -15)
    if flag == "--no-sig-proxy":
        assert state(cli, called)["Status"] == "running"


def test_the_foreground_of_somebody_cannot_be_attached_to(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    called = name()
    words = ("run", "--name", called, *NONE, "busybox", "sh", "-c", "echo up; exec sleep 1000")
    children.append(cli.popen(*words, stdout=subprocess.PIPE))
    assert children[0].stdout is not None
    assert children[0].stdout.readline() == b"up\n"
    refused = cli("attach", called)
    assert (refused.returncode, b"foreground" in refused.stderr) == (125, True)


def test_exec_detached_returns_when_it_runs(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "exec sleep 1000")
    script = "echo $A >/out; while ! test -e /go; do sleep 0.02; done; echo over >>/out"
    done = cli("exec", "-d", "-e", "A=first", called, "sh", "-c", script, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    until(lambda: cli("exec", called, "cat", "/out").stdout == b"first\n")
    cli("exec", called, "touch", "/go", check=True)
    until(lambda: cli("exec", called, "cat", "/out").stdout == b"first\nover\n")


def test_exec_detached_tells_what_could_not_be_executed(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "exec sleep 1000")
    for word, code in (("nosuch", 127), ("/etc", 126)):
        done = cli("exec", "-d", called, word)
        assert (done.returncode, word.encode() in done.stderr) == (code, True)


def test_exec_detached_outlives_its_asker_and_not_its_container(cli: CommandLine, name: Name) -> None:
    called = name()
    detached(cli, called, "exec sleep 1000")
    mark = f"7{os.getpid()}7"
    with cli.popen("exec", "-d", called, "sleep", mark, start_new_session=True) as asking:
        pass
    assert asking.returncode == 0
    assert _sleeps(mark)
    cli("rm", "-f", called, check=True)
    until(lambda: not _sleeps(mark))


def _sleeps(mark: str) -> bool:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read().endswith(f"sleep\0{mark}\0".encode()):
                    return True
        except OSError:
            continue
    return False

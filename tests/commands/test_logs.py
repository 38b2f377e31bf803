"""hull logs: exact bytes of what a detached container wrote, then and as it comes."""

import re
import signal
import subprocess
import time

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
ROTATED = ("--log-opt", "max-size=1m")


def start(cli: CommandLine, name: Name, script: str, *flags: str) -> str:
    called = name()
    cli("run", "-d", "--name", called, *NONE, *flags, "busybox", "sh", "-c", script, check=True)
    return called


def finished(cli: CommandLine, name: Name, script: str, *flags: str) -> str:
    called = start(cli, name, script, *flags)
    cli("wait", called, check=True)
    return called


def test_each_stream_goes_to_its_own(cli: CommandLine, name: Name) -> None:
    called = finished(cli, name, "echo out; echo err >&2; printf 'no end'")
    for flags in ((), ("-f",)):
        done = cli("logs", *flags, called, check=True)
        assert (done.stdout, done.stderr) == (b"out\nno end", b"err\n")


def test_binary_bytes_are_exact(cli: CommandLine, name: Name) -> None:
    called = finished(cli, name, "head -c 300000 /dev/urandom; printf '\\377\\000\\n\\342\\202'")
    asked = cli("start", "-a", called, check=True)  # a second run, its bytes seen as they come
    logged = cli("logs", called, check=True).stdout
    assert len(asked.stdout) == 300005
    assert len(logged) == 2 * 300005
    assert logged.endswith(asked.stdout)


def test_tail_timestamps_since_and_until(cli: CommandLine, name: Name) -> None:
    called = finished(cli, name, "for n in 1 2 3 4 5; do echo $n; done")
    assert cli("logs", "-n", "2", called).stdout == b"4\n5\n"
    assert cli("logs", "--tail", "all", called).stdout == b"1\n2\n3\n4\n5\n"
    assert cli("logs", "--tail=0", called).stdout == b""
    stamped = cli("logs", "-t", called).stdout.decode().splitlines()
    assert len(stamped) == 5
    assert all(re.fullmatch(r"\d{4}(-\d\d){2}T(\d\d:){2}\d\d\.\d{9}Z \d", line) for line in stamped), stamped
    for since in ("1h", "2024-01-01", str(time.time() - 3600), stamped[0].split()[0]):
        assert cli("logs", "--since", since, called).stdout == b"1\n2\n3\n4\n5\n", since
    assert cli("logs", "--since", "0.001s", called).stdout == b""
    assert cli("logs", "--until", "1h", called).stdout == b""
    assert cli("logs", "--since", "yesterday", called).returncode == 125
    assert cli("logs", "--tail", "few", called).returncode == 125


def test_details_are_the_labels_and_variables_that_were_named(cli: CommandLine, name: Name) -> None:
    flags = ("--log-opt", "labels=team", "--log-opt", "env=STAGE,NONE", "--label", "team=a b", "-e", "STAGE=1")
    called = finished(cli, name, "echo x", *flags)
    assert cli("logs", "--details", called).stdout == b"STAGE=1,team=a+b x\n"
    assert cli("logs", called).stdout == b"x\n"


def test_what_ran_in_the_foreground_has_none_and_is_told_why(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("run", "--name", called, *NONE, "busybox", "echo", "x", check=True)
    done = cli("logs", called)
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"foreground" in done.stderr
    assert b"hull run -d" in done.stderr
    quiet = finished(cli, name, "echo x", "--log-driver", "none")
    assert b"--log-driver none" in cli("logs", quiet).stderr
    created = name()
    cli("create", "--name", created, *NONE, "busybox", check=True)
    assert cli("logs", "-f", created, check=True).stdout == b""


def test_follow_ends_with_the_container(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    called = start(cli, name, "mkfifo /gate; echo ready; read x </gate; echo went; printf last")
    follower = cli.popen("logs", "-f", called, stdout=subprocess.PIPE)
    children.append(follower)
    assert follower.stdout is not None
    assert follower.stdout.readline() == b"ready\n"
    assert follower.poll() is None
    cli("exec", called, "sh", "-c", "echo >/gate")  # the container may end before this shell
    assert follower.stdout.read() == b"went\nlast"
    assert follower.wait(10) == 0


def test_follow_sees_a_restarted_run(cli: CommandLine, name: Name) -> None:
    called = start(cli, name, "echo run; sleep 0.2; exit 3", "--restart", "on-failure:2")
    assert cli("logs", "-f", called, check=True).stdout == b"run\n" * 3


def test_interrupt_and_closed_pipe_end_it_as_they_end_cat(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    called = start(cli, name, "echo ready; exec sleep 1000")
    for _ in range(2):
        children.append(cli.popen("logs", "-f", called, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert children[-1].stdout.readline() == b"ready\n"  # type: ignore[union-attr]
    interrupted, closed = children
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(10) == -signal.SIGINT
    assert interrupted.stderr.read() == b""  # type: ignore[union-attr]
    closed.stdout.close()  # type: ignore[union-attr]
    assert closed.wait(10) == -signal.SIGPIPE


@pytest.mark.slow
def test_rotation_keeps_every_line_of_50_mib(cli: CommandLine, name: Name) -> None:
    """B52: at 1 MiB each; the last line has no newline."""
    script = (
        "awk 'BEGIN { while (n++ < 1200000) printf \"line %010d of the long test of rotation\\n\", n }'; printf last"
    )
    called = start(cli, name, script, *ROTATED, "--log-opt", "max-file=200")
    expected = b"".join(b"line %010d of the long test of rotation\n" % n for n in range(1, 1_200_001)) + b"last"
    assert len(expected) > 50 << 20
    followed = cli("logs", "-f", called, check=True, timeout=120)
    assert followed.stderr == b""
    assert followed.stdout == expected
    assert cli("logs", called, check=True).stdout == expected
    assert cli("logs", "-n", "30001", called, check=True).stdout == b"\n".join(expected.split(b"\n")[-30_001:])


@pytest.mark.slow
def test_fifty_writers_followed_at_once(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    script = "while [ ! -e /go ]; do sleep 0.1; done; seq 1 3000; printf end"
    called = [start(cli, name, script, *ROTATED) for _ in range(50)]
    children += [cli.popen("logs", "-f", one, stdout=subprocess.PIPE) for one in called]
    for one in called:
        cli("exec", one, "touch", "/go")  # killed where the container is over before it
    expected = b"".join(b"%d\n" % n for n in range(1, 3001)) + b"end"
    for child in children:
        assert child.communicate(timeout=60)[0] == expected

"""run -a and --sig-proxy: who is at which streams of a container in the foreground."""

import signal
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
BOTH = ("busybox", "sh", "-c", "echo out; echo err >&2; cat; exit 4")


@pytest.mark.parametrize(
    ("streams", "out", "err"),
    [
        (("stdout",), b"out\n", b""),
        (("stderr",), b"", b"err\n"),
        (("stdout", "stderr"), b"out\n", b"err\n"),
        (("stdin", "stdout"), b"out\nin", b""),
        (("stdin", "stderr"), b"", b"err\n"),
    ],
    ids=["out", "err", "both", "in-out", "in-err"],
)
def test_the_streams_that_are_named(
    cli: CommandLine, name: Name, streams: tuple[str, ...], out: bytes, err: bytes
) -> None:
    called, flags = name(), [word for stream in streams for word in ("-a", stream)]
    interactive = ("-i",) if "stdin" in streams else ()
    done = cli("run", *flags, *interactive, "--name", called, *NONE, *BOTH, input=b"in")
    assert (done.returncode, done.stdout, done.stderr) == (4, out, err)
    log = cli("logs", called, check=True)
    assert (log.stdout, log.stderr) == (b"out\n" + (b"in" if interactive else b""), b"err\n")


def test_hulls_own_failure_is_told_whatever_is_attached(cli: CommandLine, name: Name) -> None:
    done = cli("run", "-a", "stdout", "--name", name(), *NONE, "busybox", "/no/such")
    assert (done.returncode, done.stdout) == (127, b"")
    assert b"/no/such" in done.stderr


def test_input_alone_is_given_and_the_id_printed(cli: CommandLine, name: Name) -> None:
    called, data = name(), bytes(range(256)) * 4000
    done = cli("run", "-i", "-a", "stdin", "--name", called, *NONE, "busybox", "cat", input=data, check=True)
    assert (
        done.stdout.decode().strip() == cli("ps", "-aq", "--no-trunc", "-f", f"name={called}").stdout.decode().strip()
    )
    assert cli("wait", called, check=True).stdout == b"0\n"
    assert cli("logs", called, check=True).stdout == data


def test_input_of_a_program_that_takes_none(cli: CommandLine, name: Name) -> None:
    called = name()
    cli("run", "-i", "-a", "stdin", "--name", called, *NONE, "busybox", "true", input=b"x" * 1_000_000, check=True)
    assert cli("wait", called, check=True).stdout == b"0\n"


def test_a_detached_one_is_at_no_streams(cli: CommandLine, name: Name) -> None:
    called = name()
    done = cli("run", "-d", "-a", "stderr", "--name", called, *NONE, "busybox")
    assert done.returncode == 125
    assert b"cannot use --attach stderr together with --detach" in done.stderr
    assert b"hint: leave out one" in done.stderr
    assert cli("inspect", called).returncode == 125


@pytest.mark.parametrize("proxy", [True, False])
def test_signals_reach_the_program_or_the_client_alone(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"], *, proxy: bool
) -> None:
    called = name()
    words = ("run", *(() if proxy else ("--sig-proxy=false",)), "--name", called, *NONE, "busybox", "sh", "-c")
    client = cli.popen(*words, "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done", stdout=subprocess.PIPE)
    children.append(client)
    assert client.stdout is not None
    assert client.stdout.readline() == b"up\n"
    client.send_signal(signal.SIGTERM)
    assert client.wait(20) == (9 if proxy else -signal.SIGTERM)
    assert state(cli, called)["Status"] == ("exited" if proxy else "running")

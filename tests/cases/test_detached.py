"""B45, B48, B50, B53, B56 once more, for what has a monitor beside it."""

import subprocess
import time
from collections.abc import Callable, Iterator

import pexpect
import pytest

from tests.cases.conftest import MakeImage, Terminal
from tests.cases.test_b50_every_key import SHOW
from tests.commandline import CommandLine, program
from tests.repeat import times

Detached = Callable[..., str]


@pytest.fixture
def detached(cli: CommandLine, make_image: MakeImage) -> Iterator[Detached]:
    """Start `hull run -d --name NAME FLAGS… IMAGE sh -c SCRIPT`; it needs make_image to go before its images."""
    names: list[str] = []

    def start(name: str, script: str, *flags: str, image: str = "busybox") -> str:
        names.append(name)
        words = ("run", "-d", "--network", "none", "--name", name, *flags, image, "sh", "-c", script)
        return cli(*words, check=True).stdout.decode().strip()

    yield start
    cli("rm", "-f", "-v", *names)


def test_b45_sleep_stops_within_a_second(cli: CommandLine, detached: Detached) -> None:
    detached("b45m", "exec sleep 1000")
    begun = time.monotonic()
    cli("stop", "b45m", check=True)
    assert time.monotonic() - begun < 3  # as test_b45_stop says
    assert cli("wait", "b45m").stdout == b"143\n"


@pytest.mark.parametrize(("word", "number"), [("SIGUSR1", 10), ("RTMIN+3", 37)])
def test_b45_the_images_stop_signal(
    cli: CommandLine, detached: Detached, make_image: MakeImage, word: str, number: int
) -> None:
    image = make_image({}, f"STOPSIGNAL {word}")
    detached("b45n", f"trap 'exit 7' {number}; touch /up; while :; do sleep 0.05; done", image=image)
    while cli("exec", "b45n", "test", "-e", "/up").returncode:
        pass
    cli("stop", "b45n", check=True)
    assert cli("wait", "b45n").stdout == b"7\n"


def test_b48_t_without_a_terminal_runs_and_nobody_is_asked(cli: CommandLine, detached: Detached) -> None:
    detached("b48m", "tty; read x; exit 3", "-i", "-t")
    done = cli("attach", "b48m", input=b"x\n")
    assert done.returncode == 3
    assert cli("logs", "b48m", check=True).stdout.startswith(b"/dev/pts/")


def test_b50_no_key_is_held_back_by_attach(cli: CommandLine, detached: Detached, terminal: Terminal) -> None:
    detached("b50m", SHOW, "-i", "-t")
    child = terminal(*cli.argv("attach", "b50m"))
    child.delaybeforesend = None
    while not cli("logs", "b50m").stdout.startswith(b"up"):
        pass
    child.send("x")
    child.expect_exact(" 78")
    for byte in range(0x20):
        child.send(bytes([byte]))
        child.expect_exact(f" {byte:02x}")


def test_b50_the_keys_that_were_asked_for_detach(cli: CommandLine, detached: Detached, terminal: Terminal) -> None:
    detached("b50k", SHOW, "-i", "-t")
    child = terminal(*cli.argv("attach", "--detach-keys", "ctrl-p,ctrl-q", "b50k"))
    child.delaybeforesend = None
    while not cli("logs", "b50k").stdout.startswith(b"up"):
        pass
    child.send("x")
    child.expect_exact(" 78")
    child.send("\x10\x11")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert b"b50k" in cli("ps").stdout


def test_b53_rm_force_with_an_exec_running(
    cli: CommandLine, detached: Detached, children: list["subprocess.Popen[bytes]"]
) -> None:
    for turn in range(times(5, 500)):
        name = f"b53m-{turn}"
        detached(name, "exec sleep 1000", "--restart", "always")
        inside = cli.popen("exec", name, "sh", "-c", "echo in; exec sleep 1000", stdout=subprocess.PIPE)
        children.append(inside)
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"in\n"
        removed = cli("rm", "-f", name)
        assert removed.returncode == 0, removed.stderr
        assert inside.wait(10) == 137
        again = cli("rm", name)
        assert (again.returncode, b"no such container" in again.stderr) == (125, True)


@pytest.mark.needs("program:bash")
@pytest.mark.parametrize("before", ["trap '' CHLD", "trap '' TERM INT HUP", "exec 0<&- 2>&-"])
def test_b56_a_caller_that_ignores_sigchld_loses_nothing(cli: CommandLine, before: str) -> None:
    words = "run -d --network none busybox sh -c 'sleep 0.1; exit 3'"
    script = f"{before}; exec {' '.join(program())} {words}"
    done = subprocess.run(["bash", "-c", script], env=cli.env(), stdout=subprocess.PIPE, timeout=30, check=False)
    ident = done.stdout.decode().strip()
    assert (done.returncode, len(ident)) == (0, 64)
    assert cli("wait", ident).stdout == b"3\n"
    cli("rm", ident, check=True)

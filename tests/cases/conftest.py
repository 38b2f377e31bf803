"""What the cases share: images with a config of their own, containers that are up, terminals."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pexpect
import pytest

from tests.busybox import Entry, rootfs
from tests.commandline import CommandLine

MakeImage = Callable[..., str]
Up = Callable[..., "subprocess.Popen[bytes]"]
Terminal = Callable[..., pexpect.spawn]


@pytest.fixture
def make_image(cli: CommandLine) -> Iterator[MakeImage]:
    """Import busybox, some more entries and some changes of the config as an image; gone after the test."""
    made: list[str] = []

    def make(entries: dict[str, Entry] | None = None, *changes: str) -> str:
        name = f"case{len(made)}-{os.getpid()}:latest"
        words = [word for change in changes for word in ("--change", change)]
        cli("import", *words, "-", name, input=rootfs(entries), check=True)
        made.append(name)
        return name

    yield make
    for name in made:
        cli("rmi", "-f", name)


@pytest.fixture
def up(
    cli: CommandLine,
    children: list["subprocess.Popen[bytes]"],
    make_image: MakeImage,
) -> Iterator[Up]:
    """Start `hull run -i --rm --name NAME FLAGS… IMAGE sh -c SCRIPT`; return once it has printed its first line.

    It needs make_image so that containers go before their images.
    """
    names: list[str] = []

    def start(name: str, script: str, *flags: str, image: str = "busybox") -> "subprocess.Popen[bytes]":
        names.append(name)
        network = () if "--network" in flags else ("--network", "none")
        argv = ("run", "-i", "--rm", *network, "--name", name, *flags, image, "sh", "-c", script)
        process = cli.popen(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        children.append(process)
        assert process.stdout is not None
        if not process.stdout.readline():
            assert process.stderr is not None
            raise AssertionError(f"{name} did not start: {process.stderr.read()!r}")
        return process

    yield start
    for name in names:
        cli("rm", "-f", name)


@pytest.fixture
def terminal(cli: CommandLine) -> Iterator[Terminal]:
    """Start a program on a terminal of its own (37 lines, 91 columns); `hull` and the shells are on its PATH."""
    opened: list[pexpect.spawn] = []

    def start(*argv: str, **extra: str) -> pexpect.spawn:
        place = os.path.dirname(sys.executable)
        env = cli.env(PATH=f"{place}{os.pathsep}{os.environ['PATH']}", TERM="dumb", PS1="ready> ", **extra)
        child = pexpect.spawn(argv[0], list(argv[1:]), env=env, dimensions=(37, 91), timeout=20)
        opened.append(child)
        return child

    yield start
    for child in opened:
        child.close(force=True)

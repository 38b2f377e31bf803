"""What the cases share: images with a config of their own, containers that are up, terminals."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator

import pexpect
import pytest

from tests.commandline import CommandLine

Entry = bytes | str  # a regular file's content, or where a symbolic link points
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
        cli("import", *words, "-", name, input=_tree(entries or {}), check=True)
        made.append(name)
        return name

    yield make
    for name in made:
        cli("rmi", "-f", name)


def _tree(entries: dict[str, Entry]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name in ("bin", "etc", "tmp", "root", "usr", "var"):
            if name not in entries:
                tar.addfile(_info(name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755))
        with open(shutil.which("busybox") or "/bin/busybox", "rb") as program:
            content = program.read()
        tar.addfile(_info("bin/busybox", tarfile.REGTYPE, 0o755, len(content)), io.BytesIO(content))
        applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
        for applet in applets:
            if applet != "busybox":
                tar.addfile(_info(f"bin/{applet}", tarfile.SYMTYPE, 0o777, link="busybox"))
        for name, entry in {"etc/passwd": b"root:x:0:0::/root:/bin/sh\n", **entries}.items():
            if isinstance(entry, str):
                tar.addfile(_info(name, tarfile.SYMTYPE, 0o777, link=entry))
            else:
                tar.addfile(_info(name, tarfile.REGTYPE, 0o644, len(entry)), io.BytesIO(entry))
    return stream.getvalue()


def _info(name: str, kind: bytes, mode: int, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, size, link
    return info


@pytest.fixture
def up(cli: CommandLine, children: list["subprocess.Popen[bytes]"]) -> Iterator[Up]:
    """Start `hull run -i --rm --name NAME FLAGS… IMAGE sh -c SCRIPT`; return once it has printed its first line."""
    names: list[str] = []

    def start(name: str, script: str, *flags: str, image: str = "busybox") -> "subprocess.Popen[bytes]":
        names.append(name)
        argv = ("run", "-i", "--rm", "--network", "none", "--name", name, *flags, image, "sh", "-c", script)
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

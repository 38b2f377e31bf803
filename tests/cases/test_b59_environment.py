"""B59: a value with newlines, equals signs, quotes and bytes that are no text arrives exactly."""

import os

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine

VALUE = b"a\nb=\"c\" \\ 'd' $HOME =\t\xff\xe9end\n"


def _environ(block: bytes) -> dict[bytes, bytes]:
    return dict(entry.split(b"=", 1) for entry in block.rstrip(b"\0").split(b"\0"))


def test_b59_by_value(cli: CommandLine) -> None:
    assignment = os.fsdecode(b"X=" + VALUE)
    done = cli("run", "--rm", "--network", "none", "-e", assignment, "busybox", "cat", "/proc/self/environ", check=True)
    assert _environ(done.stdout)[b"X"] == VALUE


def test_b59_by_name(cli: CommandLine) -> None:
    env = cli.env(X=os.fsdecode(VALUE))
    done = cli(
        "run", "--rm", "--network", "none", "-e", "X", "busybox", "cat", "/proc/self/environ", env=env, check=True
    )
    assert _environ(done.stdout)[b"X"] == VALUE


def test_b59_nothing_of_the_callers_comes_along(cli: CommandLine, make_image: MakeImage) -> None:
    image = make_image({}, "ENV FROM_IMAGE=yes")
    env = cli.env(SECRET="not for the container")
    done = cli("run", "--rm", "--network", "none", image, "cat", "/proc/self/environ", env=env, check=True)
    hulls = {b"APT_CONFIG"}  # where one id is mapped: apt must not drop to its own
    assert set(_environ(done.stdout)) - hulls == {b"PATH", b"HOSTNAME", b"HOME", b"FROM_IMAGE"}

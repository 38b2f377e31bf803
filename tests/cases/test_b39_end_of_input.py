"""B39: with -i and a pipe the input is printed once and its end is seen; the same with -it."""

import pytest

from tests.commandline import CommandLine


@pytest.mark.parametrize("flags", ["-i", "-it"])
def test_b39_prints_once_and_ends(cli: CommandLine, flags: str) -> None:
    done = cli("run", flags, "--rm", "--network", "none", "busybox", "cat", input=b"hi\n", timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout.replace(b"\r\n", b"\n") == b"hi\n"


def test_b39_without_a_last_newline(cli: CommandLine) -> None:
    done = cli("run", "-i", "--rm", "--network", "none", "busybox", "cat", input=b"a\nb", timeout=20)
    assert (done.returncode, done.stdout) == (0, b"a\nb")

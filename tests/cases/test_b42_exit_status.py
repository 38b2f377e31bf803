"""B42: 127 not found, 126 not executable, 125 ours, n the program's own, 128 + s a signal."""

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine

STATUS = [
    (("/nope",), 127),
    (("nosuchprogram",), 127),
    (("/bin/nope/deeper",), 127),
    (("/etc",), 126),
    (("/etc/passwd",), 126),
    (("sh", "-c", "exit 0"), 0),
    (("sh", "-c", "exit 125"), 125),
    (("sh", "-c", "exit 255"), 255),
    (("sh", "-c", "kill -9 $$"), 137),
    (("sh", "-c", "kill -15 $$"), 143),
]


@pytest.mark.smoke
@pytest.mark.parametrize(("words", "status"), STATUS)
def test_b42_run(cli: CommandLine, words: tuple[str, ...], status: int) -> None:
    done = cli("run", "--rm", "--network", "none", "busybox", *words)
    assert done.returncode == status, done.stderr


def test_b42_exec(cli: CommandLine, up: Up) -> None:
    up("b42", "echo up; cat")
    for words, status in STATUS:
        done = cli("exec", "b42", *words)
        assert done.returncode == status, (words, done.stderr)


@pytest.mark.parametrize("flag", ["--no-such-flag", "--cpus=many", "--pull=sometimes", "--network=no/such"])
def test_b42_a_bad_flag_is_125(cli: CommandLine, flag: str) -> None:
    done = cli("run", "--rm", flag, "busybox", "true")
    assert done.returncode == 125
    assert done.stderr.startswith(b"hull")


def test_b42_a_missing_program_is_named(cli: CommandLine) -> None:
    done = cli("run", "--rm", "--network", "none", "busybox", "nosuchprogram")
    assert b"nosuchprogram" in done.stderr

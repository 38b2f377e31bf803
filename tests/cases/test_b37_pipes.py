"""B37: standard input and output are not cut in pipes."""

import hashlib
import os
import subprocess

import pytest

from tests.commandline import CommandLine
from tests.repeat import times


@pytest.fixture(scope="module")
def megabytes(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    path = tmp_path_factory.mktemp("b37") / "random"
    path.write_bytes(os.urandom(100_000_000))
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def test_b37_every_byte_arrives(cli: CommandLine, megabytes: tuple[str, str]) -> None:
    path, digest = megabytes
    for _ in range(times(3, 200)):
        source = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
        inside = cli.popen(
            *("run", "-i", "--rm", "--network", "none", "busybox", "cat"), stdin=source.stdout, stdout=subprocess.PIPE
        )
        assert source.stdout is not None
        assert inside.stdout is not None
        source.stdout.close()
        assert hashlib.file_digest(inside.stdout, "sha256").hexdigest() == digest
        assert (inside.wait(20), source.wait(20)) == (0, 0)


def test_b37_a_slow_reader_gets_every_byte(cli: CommandLine) -> None:
    script = "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2"
    inside = cli.popen(
        *("run", "--rm", "--network", "none", "busybox", "sh", "-c", script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert inside.stdout is not None
    total = 0
    while chunk := inside.stdout.read(777):
        assert chunk.strip(b"x") == b""
        total += len(chunk)
    assert total == 3_000_000
    assert inside.communicate()[1] == b"end\n"
    assert inside.returncode == 0

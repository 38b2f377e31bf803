"""What users write after a flag."""

from pathlib import Path

import pytest
from hull.commands import _words
from hull.errors import UserError
from hull.model import Ulimit


@pytest.mark.parametrize(
    ("text", "count"),
    [("512", 512), ("64m", 64 << 20), ("1.5g", 3 << 29), ("2GiB", 2 << 30), ("10kb", 10 << 10), ("7b", 7)],
)
def test_sizes(text: str, count: int) -> None:
    assert _words.size(text) == count


@pytest.mark.parametrize("text", ["", "m", "1x", "1 2", "k1"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UserError):
        _words.size(text)


def test_limits() -> None:
    assert _words.ulimit("nofile=1:2") == Ulimit("nofile", 1, 2)
    assert _words.ulimit("RLIMIT_CORE=-1") == Ulimit("core", -1, -1)
    with pytest.raises(UserError):
        _words.ulimit("nofile")


def test_variables_from_files_flags_and_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text('# comment\n\nA=file\nFROM\nQUOTED="kept"\n')
    merged = _words.environment(("A=flag", "FROM", "GONE", "L=a\nb=c"), (str(path),), {"FROM": "caller"})
    assert merged == ("A=file", "FROM=caller", 'QUOTED="kept"', "A=flag", "FROM=caller", "L=a\nb=c")


@pytest.mark.parametrize("content", ["A B=1\n", "=x\n"])
def test_a_bad_line_in_a_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "env"
    path.write_text(content)
    with pytest.raises(UserError, match="cannot"):
        _words.environment((), (str(path),), {})


def test_devices() -> None:
    assert _words.device("/dev/fuse") == "/dev/fuse:/dev/fuse"
    assert _words.device("/dev/fuse:/dev/x:rw") == "/dev/fuse:/dev/x"
    assert _words.device("/dev/fuse:rwm") == "/dev/fuse:/dev/fuse"
    with pytest.raises(UserError):
        _words.device("fuse")

"""What users write after a flag."""

from pathlib import Path

import pytest
from hull.commands import _words
from hull.errors import UserError
from hull.model import Mount, Ulimit


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


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/a:/b", Mount("bind", "/a", "/b", options=("rec",))),
        ("/a:/b:ro", Mount("bind", "/a", "/b", readonly=True, options=("rec",))),
        ("/a:/b/../c/", Mount("bind", "/a", "/c", options=("rec",))),
        ("data:/b:ro,nocopy", Mount("volume", "data", "/b", readonly=True, options=("nocopy",))),
        ("/b", Mount("volume", "", "/b")),
        ("/a:/b:rw,z", Mount("bind", "/a", "/b", options=("rec",))),
        ("/a:/b:rshared", Mount("bind", "/a", "/b", options=("rec", "rshared"))),
    ],
)
def test_volumes(text: str, mount: Mount) -> None:
    assert _words.volume(text) == mount


@pytest.mark.parametrize(
    "text", ["/a:b", "/a:/b:what", "/a:/b:ro:x", ":/b", "/a:/", "/a:/proc", "/a:/proc/sys", "/a:/x/../proc"]
)
def test_volumes_that_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        _words.volume(text)


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("type=bind,src=/a,dst=/b,ro", Mount("bind", "/a", "/b", readonly=True, options=("rec",))),
        (
            "type=bind,source=/a,target=/b,bind-propagation=rslave,bind-recursive=disabled",
            Mount("bind", "/a", "/b", options=("rslave",)),
        ),
        (
            "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770",
            Mount("tmpfs", "", "/t", options=("size=1048576", "mode=1770")),
        ),
        ("target=/v,source=data,volume-nocopy", Mount("volume", "data", "/v", options=("nocopy",))),
        ('type=bind,"source=/a,b",target=/c', Mount("bind", "/a,b", "/c", options=("rec",))),
    ],
)
def test_mounts(text: str, mount: Mount) -> None:
    assert _words.mount(text) == mount


@pytest.mark.parametrize(
    "text",
    [
        "type=bind,target=/b",
        "type=what,target=/b",
        "type=bind,source=/a,target=/b,bind-propagation=up",
        "type=tmpfs,target=/t,size=1",
    ],
)
def test_mounts_that_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        _words.mount(text)


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

"""What is made in C and what is made in Python are the same tree, the same tape and the same answer."""

import os
import random
from pathlib import Path

import pytest
from hull.errors import HullError
from hull.images import unpack
from hull.images.tarsplit import Tape
from hull.images.tarstream import TarStream

from tests.imagebuild import directory, hardlink, layer, member, symlink


class Never:
    """A maker that leaves everything to Python."""

    def __init__(self, _):
        pass

    def make(self, *_):
        return 0, 0, b""


def unpacked(where, data, chunk):
    where.mkdir()
    fd, tape = os.open(where, os.O_RDONLY), Tape()
    chunks = iter([data[place : place + chunk] for place in range(0, len(data), chunk)])
    result: object
    try:
        result = unpack.Unpacker(fd, "single").run(TarStream(chunks, tape))
    except HullError as error:
        result = error.message
    finally:
        os.close(fd)
    return result, tape.text(), sorted(described(where))


def described(where):
    for above, directories, files in os.walk(where):
        for name in (*directories, *files):
            path = f"{above}/{name}"
            found = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else Path(path).read_bytes() if name in files else ""
            times = 0 if name in directories else found.st_mtime_ns
            yield path[len(str(where)) :], found.st_mode, found.st_nlink, found.st_size, times, content


def program(source):
    """Return an archive in which a few names meet as files, links and directories, most of them files in a row."""
    names = [f"{above}{name}" for above in ("", "a/", "./a/", "b/", "a/b/") for name in ("f", "g", "h", ".i", "a")]
    parts = []
    for _ in range(source.randrange(5, 60)):
        name, size = source.choice(names), source.choice((0, 1, 511, 512, 513, 3000))
        mode, mtime = source.choice((0o644, 0o755, 0o1600, 0o4711)), source.choice((0, 7, 1 << 33))
        file = member(name, source.randbytes(size), mode=mode, mtime=mtime)
        others = (
            directory(name), symlink(name, source.choice(("a", "/b", "f"))), hardlink(name, source.choice(names)),
            member(name, b"x", pax={"mtime": b"1.5"}), member(name, b"x", uid=1),
        )  # fmt: skip
        parts.append(file if source.random() < 0.8 else source.choice(others))
    return layer(*parts)


@pytest.fixture(autouse=True)
def _no_umask():
    old = os.umask(0)
    yield
    os.umask(old)


@pytest.mark.parametrize("seed", range(25))
def test_files_in_a_row_are_what_python_makes_of_them(tmp_path, monkeypatch, seed):
    data = program(random.Random(seed))
    chunk = random.Random(seed).choice((512, 1000, 4096, 1 << 20))
    found = unpacked(tmp_path / "c", data, chunk)
    monkeypatch.setattr(unpack, "Maker", Never)
    assert found == unpacked(tmp_path / "python", data, chunk)


def test_files_in_a_row_are_made_at_once(tmp_path, monkeypatch):
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **options: opened.append(path) or real(path, *rest, **options))
    data = layer(directory("d"), *(member(f"d/f{number}", b"data") for number in range(50)), member("d/g", mode=0o4755))
    unpacked(tmp_path / "c", data, 1 << 20)
    assert [path for path in opened if path in {b"f0", b"f1", b"f49", b"g"}] == [b"f0", b"g"]

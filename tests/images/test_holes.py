"""Files with holes: packed without reading the holes, to the bytes of a file without any, and unpacked with holes."""

import io
import os
import tarfile

from hull.images.contents import HOLE
from hull.images.packing import Packer
from hull.images.placing import Owners, Placer
from hull.images.tarstream import TarStream
from hull.images.unpack import Unpacker

from tests.imagebuild import layer, member

SIZE = 9_000_000
PIECES = ((300_000, b"a" * 5000), (3_000_001, b"b" * 100_000), (8_000_000, b"c"))


def content():
    data = bytearray(SIZE)
    for place, piece in PIECES:
        data[place : place + len(piece)] = piece
    return bytes(data)


def holey(path, size=SIZE, pieces=PIECES):
    with open(path, "wb") as file:
        for place, piece in pieces:
            file.seek(place)
            file.write(piece)
        file.truncate(size)


def packed(directory):
    stream = io.BytesIO()
    packer = Packer(stream)
    packer.write(os.open(directory, os.O_RDONLY), "f", "f")
    packer.close()
    return stream.getvalue()


def test_holes_are_not_read_and_the_tar_is_the_same(tmp_path, monkeypatch):
    for name in ("sparse", "full"):
        (tmp_path / name).mkdir()
    holey(tmp_path / "sparse/f")
    (tmp_path / "full/f").write_bytes(content())
    for name in ("sparse", "full"):
        os.utime(tmp_path / name / "f", (9, 9))
    assert (tmp_path / "sparse/f").stat().st_blocks * 512 < SIZE / 4
    read, pread, count = os.read, os.pread, []
    monkeypatch.setattr(os, "read", lambda fd, size: count.append(data := read(fd, size)) or data)
    monkeypatch.setattr(os, "pread", lambda fd, size, at: count.append(data := pread(fd, size, at)) or data)
    sparse = packed(tmp_path / "sparse")
    assert 105_001 <= sum(map(len, count)) < SIZE / 10
    assert sparse == packed(tmp_path / "full")
    with tarfile.open(fileobj=io.BytesIO(sparse)) as tar:
        assert tar.extractfile("f").read() == content()


def test_a_file_that_is_one_hole_or_shrinks(tmp_path, monkeypatch):
    holey(tmp_path / "f", 500_000, ())
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path))) as tar:
        assert tar.extractfile("f").read() == bytes(500_000)
    holey(tmp_path / "f", 500_000, ((100_000, b"x" * 300_000),))
    fstat = os.fstat

    def cut(fd):
        found = fstat(fd)
        os.truncate(tmp_path / "f", 200_000)
        return found

    monkeypatch.setattr(os, "fstat", cut)
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path))) as tar:
        assert tar.extractfile("f").read() == bytes(100_000) + b"x" * 100_000 + bytes(300_000)


def test_zeros_become_holes(tmp_path):
    data = layer(member("f", content()), member("small", bytes(1000)), member("tail", b"x" + bytes(SIZE)))
    for size in (1 << 20, 70_001):
        place = tmp_path / str(size)
        place.mkdir()
        chunks = (data[at : at + size] for at in range(0, len(data), size))
        Unpacker(os.open(place, os.O_RDONLY), "range").run(TarStream(chunks))
        assert (place / "f").read_bytes() == content()
        assert (place / "tail").read_bytes() == b"x" + bytes(SIZE)
        assert (place / "small").read_bytes() == bytes(1000)
        assert (place / "f").stat().st_blocks * 512 < SIZE / 4
        assert (place / "tail").stat().st_blocks * 512 <= 2 * HOLE + (70_001 if size < 1 << 20 else 0)


def test_cp_keeps_them_too(tmp_path):
    data = layer(member("f", content()))
    Placer(os.open(tmp_path, os.O_RDONLY), Owners(keep=False, host=True)).place(TarStream(iter([data])))
    assert (tmp_path / "f").read_bytes() == content()
    assert (tmp_path / "f").stat().st_blocks * 512 < SIZE / 4

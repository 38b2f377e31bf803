"""Archives as they come: B13, B14, B15, B17."""

import sys

import pytest
from hull.errors import HostError, RegistryError
from hull.images import compression

from tests import imagebuild
from tests.imagebuild import layer, member

ONE = layer(member("f", b"content"))


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "bzip2"])
@pytest.mark.parametrize("tail", [b"", bytes(512), b"junk"])
def test_b13_the_tail_is_hashed_and_ignored(box, how, tail):
    data = imagebuild.compress(ONE, how)
    found = box.unpack(data + tail)
    assert found.read("f") == "content"
    plain = ONE + tail if how == "plain" else ONE
    assert found.answer["diff_id"] == imagebuild.digest(plain)


def test_b13_zeros_within_the_compression(box):
    found = box.unpack(imagebuild.compress(ONE + bytes(512), "gzip"))
    assert found.answer["diff_id"] == imagebuild.digest(ONE + bytes(512))


def test_members_in_a_row(box):
    data = b"".join(imagebuild.compress(ONE[i : i + 700], "gzip") for i in range(0, len(ONE), 700))
    assert box.unpack(data).answer["diff_id"] == imagebuild.digest(ONE)
    data = b"".join(imagebuild.compress(ONE[i : i + 700], "zstd") for i in range(0, len(ONE), 700))
    assert box.unpack(data + b"\x50\x2a\x4d\x18\x04\0\0\0skip").answer["diff_id"] == imagebuild.digest(ONE)


def test_b14_names_arrive_byte_for_byte(box):
    found = box.unpack(layer(member(b"caf\xe9"), member("x", pax={"path": b"pax-\xff\xfe"})))
    assert [name.encode(errors="surrogateescape") for name in found.names()] == [b"caf\xe9", b"pax-\xff\xfe"]


def test_b15_a_long_name_of_two_byte_letters(box):
    name = "é" * 60
    assert box.unpack(layer(member("x", pax={"path": name.encode()}))).names() == [name]


@pytest.mark.parametrize("data", [b"\x04\x22\x4d\x18" + bytes(600), b"PK\x03\x04" + bytes(600), b"x", b"<html>" * 100])
def test_b17_an_unknown_compression_fails_before_anything_is_written(box, data):
    before = box.store_files()
    with pytest.raises(RegistryError, match="no compression known"):
        box.images.import_(_file(box, data), "x")
    assert box.store_files() == before


def test_b17_a_missing_decoder_is_named(monkeypatch):
    parts = iter([imagebuild.compress(ONE, "zstd")])
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    with pytest.raises(HostError, match="cannot decompress zstd"):
        list(compression.stream(lambda _: next(parts, b"")))


@pytest.mark.parametrize("how", ["gzip", "zstd", "bzip2"])
def test_a_compressed_stream_that_stops_is_an_error(box, how):
    data = imagebuild.compress(layer(member("f", bytes(range(256)) * 5000)), how)
    with pytest.raises(RegistryError, match="ends too soon"):
        box.unpack(data[: len(data) // 2])


def _file(box, data):
    path = f"{box.base}/input"
    with open(path, "wb") as file:
        file.write(data)
    return path

import io
import tarfile
import time

import pytest
from hull.errors import RegistryError
from hull.images import tarheader
from hull.images.tarstream import TarStream

from tests.imagebuild import directory, header, layer, member, number, padded, pax_record, sealed


def read(data, chunk=700):
    stream = TarStream(iter([data[i : i + chunk] for i in range(0, len(data), chunk)]))
    return [(entry, b"".join(stream.views(entry.stored))) for entry in tarheader.entries(stream)]


def one(data):
    ((entry, content),) = read(data)
    return entry, content


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_python_writes(form):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name in ("a", "d" * 90 + "/" + "e" * 90):
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid, info.mtime = 5, 0o4755, 1000, 1001, 1234567890
            archive.addfile(info, io.BytesIO(b"hello"))
    found = read(buffer.getvalue())
    assert [entry.name.decode() for entry, _ in found] == ["a", "d" * 90 + "/" + "e" * 90]
    for entry, content in found:
        assert content == b"hello"
        assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (0o4755, 1000, 1001, 1234567890 * 10**9)


def test_b14_names_are_bytes():
    entry, _ = one(layer(member(b"caf\xe9", b"")))
    assert entry.name == b"caf\xe9"
    entry, _ = one(layer(member("x", pax={"path": b"caf\xe9/\xff", "linkpath": b"\x80"})))
    assert (entry.name, entry.link) == (b"caf\xe9/\xff", b"\x80")


def test_b15_pax_lengths_count_bytes():
    name = ("é" * 60).encode()
    assert one(layer(member("x", b"data", pax={"path": name})))[0].name == name


def test_gnu_long_names():
    name, link = b"n" * 300, b"l" * 400
    long_name = member("././@LongLink", name + b"\0", "L", magic=b"ustar  \0")
    long_link = member("././@LongLink", link + b"\0", "K", magic=b"ustar  \0")
    entry, _ = one(layer(long_name, long_link, member("x", kind=b"2", link="y", magic=b"ustar  \0")))
    assert (entry.name, entry.link) == (name, link)


def test_base_256_numbers_and_times_before_1970():
    entry, _ = one(layer(member("x", uid=4_000_000, gid=1 << 40, mtime=-5)))
    assert (entry.uid, entry.gid, entry.mtime) == (4_000_000, 1 << 40, -5_000_000_000)


def test_pax_values_win():
    pax = {"uid": b"7", "gid": b"8", "mtime": b"1.25", "size": b"5", "SCHILY.xattr.user.x": b"\0\n=\xff"}
    entry, content = one(layer(member("x", b"hello", uid=1, gid=1, size=0, pax=pax)))
    assert (entry.uid, entry.gid, entry.mtime, content) == (7, 8, 1_250_000_000, b"hello")
    assert entry.xattrs == {b"user.x": b"\0\n=\xff"}


def test_an_extended_header_is_for_one_entry_and_a_global_one_for_none():
    glob = member("g", pax_record("uid", b"9"), "g")
    found = read(layer(glob, member("a", pax={"uid": b"7"}), member("b")))
    assert [(entry.name, entry.uid) for entry, _ in found] == [(b"a", 7), (b"b", 0)]


def test_old_archives():
    old = bytearray(header(b"old/", 0, b"\0", 0o755, 0, 0, 0, b"", bytes(8)))
    assert one(sealed(old) + bytes(1024))[0].kind == tarheader.DIRECTORY


def test_a_link_has_no_content_whatever_its_size():
    found = read(layer(member("l", kind=b"1", link="a", size=1000), member("b")))
    assert [entry.name for entry, _ in found] == [b"l", b"b"]


def test_content_that_nobody_reads_is_passed_over():
    stream = TarStream(iter([layer(member("a", b"x" * 2000), member("b", b"y"))]))
    assert [entry.name for entry in tarheader.entries(stream)] == [b"a", b"b"]


def test_an_archive_without_its_end_marks():
    assert len(read(member("a", b"x"))) == 1


def test_signed_checksums():
    block = bytearray(header(b"caf\xe9\xff", 0, b"0", 0o644, 0, 0, 0, b"", b"ustar\x0000"))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(byte - 256 if byte > 127 else byte for byte in block)
    assert one(bytes(block) + bytes(1024))[0].name == b"caf\xe9\xff"


SPARSE = [(0, b"head"), (1 << 20, b"middle"), (3 << 20, b"")]
REAL = 3 << 20


def numbers(pairs):
    return [value for offset, data in pairs for value in (offset, len(data))]


def sparse_old(pairs):
    block = bytearray(header(b"s", sum(len(d) for _, d in pairs), b"S", 0o644, 0, 0, 0, b"", b"ustar  \0"))
    for place, (offset, data) in enumerate(pairs[:4]):
        block[386 + 24 * place : 410 + 24 * place] = number(offset, 12) + number(len(data), 12)
    block[482] = len(pairs) > 4
    block[483:495] = number(REAL, 12)
    extra = b""
    for start in range(4, len(pairs), 21):
        part = pairs[start : start + 21]
        body = b"".join(number(offset, 12) + number(len(data), 12) for offset, data in part).ljust(504, b"\0")
        extra += body + bytes([start + 21 < len(pairs)]) + bytes(7)
    return sealed(block) + extra + padded(b"".join(data for _, data in pairs))


def sparse_pax(pairs, version):
    content = b"".join(data for _, data in pairs)
    size = str(REAL).encode()
    if version == "0.0":
        records = [pax_record("GNU.sparse.size", size), pax_record("GNU.sparse.numblocks", b"3")]
        for offset, data in pairs:
            records += [
                pax_record("GNU.sparse.offset", str(offset).encode()),
                pax_record("GNU.sparse.numbytes", str(len(data)).encode()),
            ]
        return member("PaxHeaders/s", b"".join(records), "x") + member("s", content)
    if version == "0.1":
        text = ",".join(map(str, numbers(pairs))).encode()
        return member("x", content, pax={"GNU.sparse.map": text, "GNU.sparse.size": size, "GNU.sparse.name": b"s"})
    text = b"".join(b"%d\n" % value for value in (len(pairs), *numbers(pairs)))
    pax = {
        "GNU.sparse.major": b"1", "GNU.sparse.minor": b"0", "GNU.sparse.name": b"s", "GNU.sparse.realsize": size,
    }  # fmt: skip
    return member("x", padded(text) + content, pax=pax)


@pytest.mark.parametrize("make", [
    sparse_old, lambda p: sparse_pax(p, "0.0"), lambda p: sparse_pax(p, "0.1"), lambda p: sparse_pax(p, "1.0"),
], ids=["old", "0.0", "0.1", "1.0"])  # fmt: skip
@pytest.mark.parametrize("pairs", [SPARSE, [(i * 512, b"x") for i in range(60)], [(REAL, b"")]])
def test_sparse_files(make, pairs):
    (entry, content), (after, _) = read(layer(make(pairs), member("after")))
    assert (entry.name, entry.size, after.name) == (b"s", REAL, b"after")
    assert content == b"".join(data for _, data in pairs)
    assert entry.pieces == tuple((offset, len(data)) for offset, data in pairs if data)


BAD_SPARSE = [
    [(10, b"ab"), (5, b"c")],  # not ascending
    [(0, b"abc"), (2, b"d")],  # overlapping
    [(REAL, b"beyond")],
]


@pytest.mark.parametrize("pairs", BAD_SPARSE)
@pytest.mark.parametrize("make", [sparse_old, lambda p: sparse_pax(p, "0.1"), lambda p: sparse_pax(p, "1.0")])
def test_a_sparse_map_that_lies_is_refused(make, pairs):
    with pytest.raises(RegistryError):
        read(layer(make(pairs)))


def broken(field, value):
    block = bytearray(header(b"x", 0, b"0", 0o644, 0, 0, 0, b"", b"ustar\x0000"))
    block[field : field + len(value)] = value
    return sealed(block) + bytes(1024)


BAD = {
    "half a header": member("x")[:300],
    "content cut": member("x", b"y" * 2000)[:1024],
    "negative size": broken(124, number(-1, 12)),
    "huge size": broken(124, b"\x80" + b"\xff" * 11),
    "size no number": broken(124, b"zzzzzzzzzzz\0"),
    "pax length 0": layer(member("p", b"0 a=b\n", "x"), member("y")),
    "pax length too long": layer(member("p", b"99 a=b\n", "x"), member("y")),
    "pax length huge": layer(member("p", b"9" * 400 + b" a=b\n", "x"), member("y")),
    "pax no newline": layer(member("p", b"7 a=bcd", "x"), member("y")),
    "pax no key": layer(member("p", b"5 =b\n", "x"), member("y")),
    "pax size negative": layer(member("y", pax={"size": b"-1"})),
    "pax mtime": layer(member("y", pax={"mtime": b"1e9"})),
    "pax path with NUL": layer(member("y", pax={"path": b"a\0b"})),
    "special too large": layer(member("p", b"", "x", size=1 << 30)),
    "long name cut": member("p", b"", "L", size=2000),
    "extended header for nothing": layer(member("p", b"6 a=b\n", "x")),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_a_damaged_archive_is_an_error_and_soon(data):
    start = time.monotonic()
    with pytest.raises(RegistryError):
        read(data)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("damage", [b"y", b"\xff"])
def test_a_header_that_is_not_what_was_summed_is_refused(damage):
    assert read(layer(member("x")))
    with pytest.raises(RegistryError, match="checksum"):
        read(layer(damage + member("x")[1:]))


def test_a_sum_counts_whole_however_large():
    block = bytearray(header(b"\xff" * 99, 0, b"0", 0o644, 0, 0, 0, b"", b"ustar\x0000"))
    block[157:257], block[265:329], block[345:512] = b"\xff" * 99 + b"\0", b"\xff" * 64, b"\xff" * 167
    good = sealed(block)
    stated = int(good[148:154], 8)
    assert stated > 65521
    assert read(layer(good))
    for wrong in (stated - 65521, stated + 65521):
        with pytest.raises(RegistryError, match="checksum"):
            read(layer(good[:148] + b"%06o\0 " % wrong + good[156:]))


def test_an_extended_header_has_a_limit_before_it_is_read():
    with pytest.raises(RegistryError, match="extended header of"):
        read(layer(member("p", b"", "x", size=tarheader.SPECIAL_MAX + 1)))


def test_directories_and_their_slashes():
    assert [entry.kind for entry, _ in read(layer(directory("a/"), directory("b")))] == [b"5", b"5"]

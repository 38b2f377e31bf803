"""Owners, modes, times and attributes: B22, B23, B24."""

import pytest

from tests.imagebuild import directory, layer, member, symlink

NET_RAW = b"\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

pytestmark = pytest.mark.needs("range")


def test_b22_file_capabilities_are_kept(box):
    found = box.unpack(
        layer(member("ping", b"x", mode=0o755, uid=5, pax={"SCHILY.xattr.security.capability": NET_RAW}))
    )
    assert found.xattrs("ping")["security.capability"] == NET_RAW
    assert found.answer["notes"] == {}


@pytest.mark.parametrize("mode", [0o555, 0o000, 0o111, 0o2755, 0o1777, 0o3000])
def test_b23_modes_of_directories_are_exact_and_hinder_nothing(box, mode):
    found = box.unpack(layer(directory("d/", mode), member("d/f", b"1"), directory("d/e/", mode), member("d/e/g")))
    assert found.names() == ["d", "d/e", "d/e/g", "d/f"]
    assert (found.stat("d")[1], found.stat("d/e")[1]) == (mode, mode)
    assert found.stat("d/f") == ("regular file", 0o644, 0, 0)


@pytest.mark.parametrize("mode", [0o000, 0o777, 0o4755, 0o6711, 0o1644])
def test_modes_of_files_are_exact(box, mode):
    assert box.unpack(layer(member("f", b"x", mode=mode, uid=3, gid=4))).stat("f") == ("regular file", mode, 3, 4)


@pytest.mark.parametrize("ident", [4_000_000, 65534, 1 << 31])
def test_b24_ids_outside_the_map_become_the_overflow_id(box, ident):
    found = box.unpack(layer(member("f", uid=ident, gid=ident), symlink("l", "f", uid=ident, gid=ident), member("g")))
    assert found.stat("f")[2:] == (65534, 65534)
    assert found.stat("l")[2:] == (65534, 65534)
    outside = ident > 65535
    assert found.answer["notes"] == ({"clamped": 2} if outside else {})
    expected = {"user.hull.owner": b"%d:%d" % (ident, ident)} if outside else {}
    assert found.xattrs("f") == expected


def test_b24_one_summary_line(box):
    import_file = f"{box.base}/x.tar"
    with open(import_file, "wb") as file:
        file.write(layer(*(member(f"f{i}", uid=4_000_000) for i in range(50)), member("null", kind=b"3")))
    box.images.import_(import_file, "x")
    (line,) = box.summary()
    assert "50 files whose owner is outside the id map" in line
    assert "1 device nodes left out" in line


def test_times_are_exact_directories_included(box):
    found = box.unpack(layer(
        directory("d/", mtime=123), member("d/f", pax={"mtime": b"1234567890.123456789"}),
        symlink("l", "x", mtime=77), directory("./", mtime=55), member("old", mtime=-86400),
    ))  # fmt: skip
    assert found.mtime("d") == "123.000000000"
    assert found.mtime("d/f") == "1234567890.123456789"
    assert found.mtime("l") == "77.000000000"
    assert found.mtime(".") == "55.000000000"
    assert found.mtime("old") == "-86400.000000000"


def test_a_directory_mentioned_again_takes_the_last_mode_and_owner(box):
    found = box.unpack(layer(directory("d/", 0o700, uid=1), member("d/f"), directory("d/", 0o755, uid=2)))
    assert found.stat("d") == ("directory", 0o755, 2, 0)
    assert found.names() == ["d", "d/f"]


def test_attributes_of_the_image_cannot_speak_to_the_overlay(box):
    pax = {
        "SCHILY.xattr.user.keep": b"\0x", "SCHILY.xattr.user.overlay.opaque": b"y",
        "SCHILY.xattr.trusted.overlay.opaque": b"y", "SCHILY.xattr.user.hull.owner": b"1:1",
        "SCHILY.xattr.security.selinux": b"x",
    }  # fmt: skip
    found = box.unpack(layer(directory("d/", pax=pax), member("f", pax=pax)))
    assert found.xattrs("d") == found.xattrs("f") == {"user.keep": b"\0x"}


def test_devices_are_left_out_and_counted(box):
    found = box.unpack(layer(member("null", kind=b"3"), member("sda", kind=b"4"), member("f"), member("p", kind=b"6")))
    assert found.names() == ["f", "p"]
    assert found.answer["notes"] == {"devices": 2}


def test_one_id_only_records_owners_instead(box):
    found = box.unpack(layer(
        member("f", b"x", uid=1000, gid=5, mode=0o4755), directory("d/", uid=7), member("root", b"y"),
        symlink("l", "f", uid=9),
    ), "single")  # fmt: skip
    assert found.stat("f") == ("regular file", 0o4755, 0, 0)
    assert found.xattrs("f") == {"user.hull.owner": b"1000:5"}
    assert found.xattrs("d") == {"user.hull.owner": b"7:0"}
    assert found.xattrs("root") == {}


def test_holes_stay_holes(box):
    pax = {"GNU.sparse.map": b"0,1,8388607,1", "GNU.sparse.size": b"8388608", "GNU.sparse.name": b"s"}
    found = box.unpack(layer(member("x", b"ab", pax=pax)))
    size, blocks = map(int, found.look("stat", "-c", "%s %b", "s").split())
    assert size == 8 << 20
    assert blocks * 512 < 1 << 20
    assert found.look("head", "-c", "1", "s") + found.look("tail", "-c", "1", "s") == "ab"

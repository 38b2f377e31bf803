"""Archives that try to write outside: CVE-2014-6407, 2014-9356/9357/9358, 2007-4559, 2021-29136, 2025-4517 and its kin.

The shapes are those of the public advisories and of cpython#135034, #149486, #151558, #157190. Each is unpacked beside
a canary directory; whether it is refused or tamed, the canary and everything outside stays as it was.
"""

import contextlib
import hashlib
import os

import pytest
from hull.errors import HostError, HullError, RegistryError

from tests.imagebuild import directory, hardlink, layer, member, symlink

LONG = "d" * 247
DEEP = "/".join([LONG] * 16)


def long_realpath(target):
    """Return cpython#135034's shape: links whose resolved path passes PATH_MAX, so that a check by realpath stops."""
    steps = []
    path = ""
    for letter in "abcdefghijklmnop":
        steps += [directory(path + LONG), symlink(path + letter, LONG)]
        path += f"{letter}/"
    short = "/".join("abcdefghijklmnop")
    link = short + "/" + "l" * 254
    steps.append(member("x", kind=b"2", pax={"path": link.encode(), "linkpath": b"../" * 16}))
    steps.append(member("x", kind=b"2", pax={"path": b"escape", "linkpath": link.encode() + b"/.." + target}))
    steps.append(hardlink("flaglink", "escape"))
    return [*steps, member("flaglink", b"overwritten"), member("escape/new", b"new")]


def shapes(canary):
    up = "../" * 12
    outside = canary.lstrip("/")
    return {
        "parent": [member(f"{up}{outside}/new")],
        "absolute": [member(f"{canary}/new")],
        "parent inside a path": [directory("a/"), member(f"a/../../../..{canary}/new")],
        "link then write": [symlink("l", canary), member("l/new"), member("l/file", b"overwritten")],
        "relative link then write": [symlink("l", f"{up}{outside}"), member("l/new"), member("l/file", b"x")],
        "link over a link": [symlink("a", "."), symlink("a/b", ".."), symlink("a/b/c", canary), member("a/b/c/new")],
        "links in steps": [symlink("a", ".."), symlink("a/b", ".."), *(member("a/b/" + "../" * 3 + f"{outside}/new"),)],
        "hard link out": [hardlink("h", f"{canary}/file"), member("h", b"overwritten")],
        "hard link by parent": [hardlink("h", f"{up}{outside}/file"), member("h", b"overwritten")],
        "hard link through a link": [symlink("l", canary), hardlink("h", "l/file"), member("h", b"overwritten")],
        "hard link to a link": [symlink("l", f"{canary}/file"), hardlink("h", "l"), member("h", b"overwritten")],
        "file over a link": [symlink("f", f"{canary}/file"), member("f", b"overwritten")],
        "directory over a link": [symlink("d", canary), directory("d/", 0o777), member("d/new")],
        "mode through a link": [directory("d/", 0o2777), symlink("d", canary)],
        "whiteout through a link": [symlink("l", canary), member("l/.wh.file")],
        "opaque through a link": [symlink("l", canary), member("l/.wh..wh..opq")],
        "whiteout of the parent": [member(".wh...")],
        "whiteout of itself": [member("d/.wh..")],
        "whiteout of nothing": [member("d/.wh.")],
        "root as a link": [symlink("./", canary), member("new")],
        "root as a link 2": [symlink("/.", canary), member("new")],
        "root as a link 3": [symlink(".", canary), member("file", b"overwritten")],
        "root as a hard link": [hardlink("/", f"{canary}/file")],
        "root as a file": [member("a/..", b"x")],
        "empty link name": [member("x", kind=b"2", link=b""), member("x/new")],
        "empty hard link name": [member("x", kind=b"1", link=b""), member("x", b"y")],
        "hard link to the root": [hardlink("x", "/"), member("x/new")],
        "fifo over a link": [symlink("f", f"{canary}/file"), member("f", kind=b"6")],
        "proc": [symlink("p", "/proc/self/cwd"), member("p/new"), symlink("q", "/proc/self/root"), member("q/new")],
        "dev": [symlink("dev", canary), member("dev/null", kind=b"3"), member("dev/new")],
        "long": [member("x", pax={"path": (DEEP + "/new").encode()})],
        "longer than a path may be": [member("x", pax={"path": b"a/" * 3000 + b"new"})],
        "dots and slashes": [member("././//..//./" + "..//" * 8 + f"{outside}//new")],
        "realpath": long_realpath(b"/.." * 20 + canary.encode() + b"/file"),
        "loop": [symlink("a", "b/c"), symlink("b", "a/c"), member("a/new"), directory("b/x/")],
        "link to itself": [symlink("a", "a"), member("a/new")],
        "many links": [*(symlink(f"l{i}", f"l{i + 1}/x") for i in range(60)), member("l0/new")],
        "NUL": [member("x", pax={"path": f"{canary}/new\0x".encode()})],
    }


NAMES = tuple(shapes("/c"))


def fingerprint(path):
    """Return a hash over every name, type, mode, owner, time of change and content below a directory."""
    found = hashlib.sha256()
    for directory_, names, files in os.walk(path):
        names.sort()
        for name in ["", *sorted(files), *names]:
            place = os.path.join(directory_, name)
            info = os.lstat(place)
            found.update(repr((place, info.st_mode, info.st_uid, info.st_nlink, info.st_ctime_ns)).encode())
            if not names and name and os.path.isfile(place):
                with open(place, "rb") as file:
                    found.update(file.read())
    return found.hexdigest()


@pytest.fixture
def canary(box):
    path = f"{box.base}/canary"
    os.mkdir(path)
    os.chmod(path, 0o777)
    with open(f"{path}/file", "w") as file:
        file.write("untouched")
    os.chmod(f"{path}/file", 0o666)
    return path


@pytest.mark.parametrize("flavour", ["range", "single"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_lands_outside(box, canary, name, flavour):
    before, around = fingerprint(canary), sorted(os.listdir(box.base))
    with contextlib.suppress(HostError, RegistryError):  # refused or tamed, but never a crash
        box.unpack(layer(*shapes(canary)[name]), flavour)
    assert fingerprint(canary) == before
    assert sorted(os.listdir(box.base)) == around
    assert not os.path.exists("/new")


@pytest.mark.parametrize("name", ["parent", "parent inside a path", "root as a link", "root as a link 2",
                                  "root as a link 3", "root as a file", "whiteout of the parent"])  # fmt: skip
def test_cve_2021_29136_and_names_that_leave_are_refused(box, canary, name):
    with pytest.raises(HullError, match="cannot unpack"):
        box.unpack(layer(*shapes(canary)[name]))


@pytest.mark.parametrize("name", ["link then write", "relative link then write", "directory over a link"])
def test_links_of_the_image_work_inside_it(box, canary, name):
    found = box.unpack(layer(*shapes(canary)[name]))
    assert any(path.endswith("/new") for path in found.names())


def test_a_removed_layer_s_links_are_not_followed(box, canary):
    found = box.unpack(layer(symlink("l", canary), directory("d/"), symlink("d/m", ".."), member("d/f")))
    before = fingerprint(canary)
    box.images.layers.discard([found.directory], "range")
    assert not os.path.exists(found.directory)
    assert fingerprint(canary) == before


def test_a_tree_deeper_than_a_path_is_removed(box):
    parts = [symlink("s", "x" * 100)]
    base = b""
    for place in range(18):  # the kernel follows 40 links, and counts some twice
        name = b"x" * 250
        parts.append(member("x", kind=b"5", pax={"path": base + b"d/" * 20 + name}))
        link = b"k%d" % place
        parts.append(member("x", kind=b"2", pax={"path": link, "linkpath": base + b"d/" * 20 + name}))
        base = link + b"/"
    found = box.unpack(layer(*parts))
    box.images.layers.discard([found.directory], "range")
    assert not os.path.exists(found.directory)


def test_the_python_library_s_extraction_is_never_called():
    import hull

    root = os.path.dirname(hull.__file__)
    for directory_, _, files in os.walk(root):
        for name in files:
            if name.endswith(".py"):
                with open(os.path.join(directory_, name), encoding="utf-8") as file:
                    text = file.read()
                for word in (".extractall(", ".extract(", "unpack_archive("):
                    assert word not in text, name

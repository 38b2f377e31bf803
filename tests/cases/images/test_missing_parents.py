"""A layer whose tar leaves directories out (reproducible builds, umoci) keeps what the layers below say of them."""

import pytest

from tests.imagebuild import directory, hardlink, layer, member

pytestmark = pytest.mark.needs("range")
BASE = layer(
    directory("d/", 0o1770, uid=7, gid=8, mtime=5, pax={"SCHILY.xattr.user.k": b"v"}),
    directory("d/e/", 0o2711, mtime=6),
    member("d/e/old", b"old"),
)
KEPT = {"d": ("directory", 0o1770, 7, 8), "d/e": ("directory", 0o2711, 0, 0)}
MADE = ("directory", 0o755, 0, 0)


@pytest.mark.parametrize("upper", [
    layer(member("d/e/new", b"new")), layer(member("d/e/.wh.old")), layer(member("d/e/.wh..wh..opq")),
    layer(hardlink("d/e/new", "d/e/old")), layer(member("x"), hardlink("d/e/new", "x")),
], ids=["file", "whiteout", "opaque", "link below", "link"])  # fmt: skip
def test_owner_mode_time_and_attributes_stay(box, upper):
    found = box.merge(BASE, layer(member("unrelated")), upper)
    assert {name: found.stat(name) for name in KEPT} == KEPT
    assert (found.mtime("d"), found.mtime("d/e")) == ("5.000000000", "6.000000000")
    assert found.xattrs("d")["user.k"] == b"v"


def test_an_entry_of_its_own_counts(box):
    upper = layer(member("d/e/new"), directory("d/", 0o700), member("d/e/more"))
    found = box.merge(BASE, upper)
    assert (found.stat("d"), found.stat("d/e")) == (("directory", 0o700, 0, 0), KEPT["d/e"])


@pytest.mark.parametrize("between", [
    (layer(member(".wh.d")),), (layer(member("d", b"a file")),), (layer(member("d/.wh.e")),),
    (layer(directory("d/"), member("d/.wh..wh..opq")),),
])  # fmt: skip
def test_what_was_removed_is_new_when_it_comes_again(box, between):
    assert box.merge(BASE, *between, layer(member("d/e/new"))).stat("d/e") == MADE


def test_below_an_opaque_directory_of_the_same_layer_everything_is_new(box):
    found = box.merge(BASE, layer(member("d/e/new"), member("d/.wh..wh..opq")))
    assert (found.stat("d"), found.stat("d/e")) == (KEPT["d"], MADE)


def test_the_topmost_layer_that_shows_it_counts(box):
    found = box.merge(BASE, layer(directory("d/e/", 0o700)), layer(member("d/e/new")))
    assert found.stat("d/e") == ("directory", 0o700, 0, 0)

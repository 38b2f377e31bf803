"""What a layer hides of the layers below it: B01, B02, B03, B04, B05, B06, B08."""

import itertools

import pytest

from tests.imagebuild import directory, hardlink, layer, member, symlink

ORDERS_OF_2 = [(0, 1), (1, 0)]
ORDERS_OF_3 = list(itertools.permutations(range(3)))


@pytest.mark.parametrize("order", ORDERS_OF_3)
def test_b01_an_opaque_mark_spares_its_own_layer(box, order):
    base = layer(directory("a/"), member("a/old"), directory("a/sub/"), member("a/sub/old"))
    parts = (directory("a/"), member("a/new"), member("a/.wh..wh..opq"))
    assert box.merge(base, layer(*(parts[i] for i in order))).names() == ["a", "a/new"]


def test_b02_added_again_after_a_whiteout(box):
    found = box.merge(layer(member("f", b"1")), layer(member(".wh.f")), layer(member("f", b"3")))
    assert found.names() == ["f"]
    assert found.read("f") == "3"


def test_b03_readdir_and_stat_agree(box):
    base = layer(directory("d/"), member("d/child"), member("d/other"))
    top = layer(directory("d/"), member("d/.wh..wh..opq"), member("d/.wh.child"), member("moved"))
    assert box.merge(base, top).names() == ["d", "moved"]  # names() stats each


def test_b04_a_whiteout_is_for_its_own_directory(box):
    found = box.merge(layer(directory("root/"), member("root/t"), member("t")), layer(member(".wh.t")))
    assert found.names() == ["root", "root/t"]


def test_b05_a_layer_that_deletes(box):
    found = box.merge(layer(directory("etc/"), member("etc/x"), member("etc/y")), layer(member("etc/.wh.x")))
    assert found.names() == ["etc", "etc/y"]


KINDS = {
    "file": (lambda: [member("x", b"file")], "regular file"),
    "directory": (lambda: [directory("x/"), member("x/inside", b"y")], "directory"),
    "link": (lambda: [symlink("x", "elsewhere")], "symbolic link"),
    "fifo": (lambda: [member("x", kind=b"6")], "fifo"),
}


@pytest.mark.parametrize(("below", "above"), list(itertools.permutations(KINDS, 2)))
def test_b06_the_last_layer_s_type_wins(box, below, above):
    found = box.merge(layer(*KINDS[below][0]()), layer(*KINDS[above][0]()))
    assert found.stat("x")[0] == KINDS[above][1]
    assert found.names() == (["x", "x/inside"] if above == "directory" else ["x"])


@pytest.mark.parametrize(("first", "last"), list(itertools.permutations(KINDS, 2)))
def test_b06_within_one_layer_the_last_entry_s_type_wins(box, first, last):
    found = box.unpack(layer(*KINDS[first][0](), *KINDS[last][0]()))
    assert found.stat("x")[0] == KINDS[last][1]
    assert found.names() == (["x", "x/inside"] if last == "directory" else ["x"])


@pytest.mark.parametrize("order", ORDERS_OF_2)
def test_b08_a_whiteout_below_what_becomes_a_link(box, order):
    base = layer(directory("a/"), member("a/a"), directory("b/"), member("b/keep"))
    parts = (member("a/.wh.a"), symlink("a", "b"))
    found = box.merge(base, layer(*(parts[i] for i in order)))
    assert found.names() == ["a", "b", "b/keep"]
    assert found.readlink("a") == "b"


@pytest.mark.parametrize("order", ORDERS_OF_3)
def test_removed_and_made_again_in_one_layer(box, order):
    base = layer(directory("d/"), member("d/old"), member("f", b"old"))
    parts = (member(".wh.d"), directory("d/", 0o700), member("d/new"))
    found = box.merge(base, layer(*(parts[i] for i in order)))
    assert found.names() == ["d", "d/new", "f"]
    assert found.stat("d")[1] == 0o700


@pytest.mark.parametrize("order", ORDERS_OF_2)
def test_a_file_removed_and_made_again_in_one_layer(box, order):
    parts = (member(".wh.f"), member("f", b"new"))
    found = box.merge(layer(member("f", b"old")), layer(*(parts[i] for i in order)))
    assert found.read("f") == "new"


def test_a_whiteout_of_what_is_not_there(box):
    assert box.merge(layer(member("f")), layer(member("no/such/.wh.x"))).names() == ["f", "no", "no/such"]


def test_bookkeeping_of_aufs_is_left_out(box):
    top = layer(directory(".wh..wh.plnk/"), member(".wh..wh.plnk/1.2"), member(".wh..wh.aufs"), member("f"))
    assert [name for name in box.unpack(top).names() if not name.startswith(".wh..wh.plnk")] == ["f"]


def test_a_hard_link_to_what_the_layer_removes(box):
    found = box.merge(layer(member("f", b"1")), layer(hardlink("g", "f"), member(".wh.f")))
    assert found.names() == ["g"]
    assert found.read("g") == "1"

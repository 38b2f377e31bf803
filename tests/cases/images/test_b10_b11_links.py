"""Hard links: B10, B11."""

import pytest
from hull.errors import RegistryError

from tests.imagebuild import directory, hardlink, layer, member, symlink


def test_b10_missing_parents_are_made_for_links_too(box):
    found = box.unpack(layer(member("x", b"1"), hardlink("d/e/y", "x"), symlink("p/q", "x"), member("r/s/t")))
    assert found.names() == ["d", "d/e", "d/e/y", "p", "p/q", "r", "r/s", "r/s/t", "x"]
    assert found.stat("d/e")[1:] == (0o755, 0, 0)
    assert found.look("stat", "-c", "%h", "x").strip() == "2"


def test_b11_a_link_before_its_target(box):
    found = box.unpack(layer(hardlink("a", "b"), member("b", b"late")))
    assert found.read("a") == "late"
    assert found.look("stat", "-c", "%i", "a", "b").split()[0] == found.look("stat", "-c", "%i", "b").strip()


@pytest.mark.needs("range")
def test_b11_a_link_into_a_lower_layer(box):
    base = layer(directory("d/"), member("d/f", b"below", mode=0o640, uid=7, gid=8))
    found = box.merge(base, layer(hardlink("g", "d/f"), hardlink("h", "d/f")))
    assert found.read("g") == "below"
    assert found.stat("g") == ("regular file", 0o640, 7, 8)
    assert found.mtime("g") == found.mtime("d/f")
    assert found.look("stat", "-c", "%h", "g").strip() == "2"


def test_b11_a_link_into_the_layer_that_shows(box):
    layers = (layer(member("f", b"1")), layer(member("f", b"2")), layer(hardlink("g", "f")))
    assert box.merge(*layers).read("g") == "2"


@pytest.mark.parametrize("layers", [
    (layer(hardlink("a", "nowhere")),),
    (layer(member("f")), layer(member(".wh.f")), layer(hardlink("a", "f"))),
    (layer(member("d/f")), layer(member("d/.wh..wh..opq")), layer(hardlink("a", "d/f"))),
    (layer(directory("d/")), layer(hardlink("a", "d"))),
])  # fmt: skip
def test_b11_a_broken_link_is_an_error_that_names_it(box, layers):
    with pytest.raises(RegistryError, match=r"'a': a hard link to .*which no layer holds"):
        box.merge(*layers)


def test_a_link_to_a_symbolic_link_is_that_link(box):
    found = box.unpack(layer(symlink("l", "/etc/passwd"), hardlink("m", "l")))
    assert found.readlink("m") == "/etc/passwd"

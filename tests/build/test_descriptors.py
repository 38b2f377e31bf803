"""A build keeps no descriptor open: a server makes many."""

import os

import pytest
from hull.builder import opening
from hull.builder.collecting import Collection, Selection
from hull.dockerfile.parser import LONGEST
from hull.errors import UserError


def count():
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "d" / "e").mkdir(parents=True)
    for name in ("a1", "a2", "d/b", "d/e/c", "left"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("d/b")
    return str(tmp_path)


@pytest.mark.parametrize("parents", [False, True])
def test_what_is_collected_is_closed_with_the_build(tree, parents):
    before, opened = count(), [os.open(tree, os.O_RDONLY | os.O_DIRECTORY)]
    patterns = ("a*", "d", "d/b", "link", "**", "*/*", "zz*", "lef*")
    found = Collection(opened[0], Selection(patterns, "left\n", parents=parents), opened.append)
    found.digest()
    for fd in opened:
        os.close(fd)
    assert count() == before


def test_files_of_a_context_are_closed_and_of_a_sane_size(tree):
    before = count()
    assert [opening._read(tree, name) for name in ("d/b", "link", "d", "zz", "d/b/zz")] == [b"d/b"] * 2 + [None] * 3
    os.truncate(f"{tree}/left", LONGEST + 1)
    with pytest.raises(UserError, match="larger than 16 MiB"):
        opening._read(tree, "left")
    assert count() == before

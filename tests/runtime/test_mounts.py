"""Mounts as ops."""

from hull.model import Mount
from hull.runtime import mounts


def test_those_nearest_the_root_come_first() -> None:
    asked = (Mount("bind", "/s", "/a/b/c"), Mount("bind", "/t", "/a", readonly=True))
    assert mounts.ops(asked) == [("bind", "/t", "/a", "nosuid,nodev,ro"), ("bind", "/s", "/a/b/c", "nosuid,nodev")]


def test_words_that_are_not_the_kernels_stay_out() -> None:
    words = ("rec", "create", "relabel", "overlay", "anonymous", "own", "label:a=b", "ro-top")
    assert mounts.ops((Mount("bind", "/s", "/t", True, words),)) == [("bind", "/s", "/t", "nosuid,nodev,ro,rec,ro-top")]


def test_a_part_of_a_volume_is_found_below_it_and_filled_there() -> None:
    bound = ("bind-below", "/v", "a/b", "/t", "nosuid,nodev")
    asked = Mount("volume", "/v", "/t", options=("subpath=a/b",))
    assert mounts.ops((asked,)) == [("fill-below", "/v", "a/b", "/t"), bound]
    assert mounts.ops((asked._replace(options=("subpath=a/b", "nocopy")),)) == [bound]


def test_layers_are_stacked_one_alone_is_bound() -> None:
    stacked = Mount("image", "i", "/t", True, ("lower=/2", "lower=/1", "subpath=etc"))
    assert mounts.ops((stacked,)) == [
        ("overlay", "", "", "etc", "/t", "nosuid,nodev,ro"), ("lower", "/2"), ("lower", "/1"),
    ]  # fmt: skip
    alone = stacked._replace(options=("lower=/1",))
    assert mounts.ops((alone,)) == [("bind", "/1", "/t", "nosuid,nodev,ro")]
    written = alone._replace(readonly=False, options=("lower=/1", "upper=/u", "work=/w"))
    assert mounts.ops((written,)) == [("overlay", "/u", "/w", "", "/t", "nosuid,nodev"), ("lower", "/1")]


def test_a_tmpfs_takes_its_own_words() -> None:
    asked = Mount("tmpfs", "", "/t", True, ("exec", "size=1m", "copy-up", "own"))
    assert mounts.ops((asked,)) == [("mount", "tmpfs", "/t", "nosuid,nodev,copy-up,ro", "size=1m")]
    assert mounts.owners((asked, Mount("volume", "/v", "/u"))) == [("own", "/t")]

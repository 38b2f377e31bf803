"""How an upper becomes a layer, and when there is nothing to freeze."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hull.paths import Paths
from hull.storage import snapshots

SKIPPED = frozenset(("proc", "etc/hosts"))


@pytest.fixture
def container(tmp_path: Path) -> Path:
    made = tmp_path / "c"
    (made / "upper").mkdir(parents=True)
    (made / "upper" / "file").write_text("x")
    (made / "upper").chmod(0o751)
    os.utime(made / "upper", ns=(1, 1_000_000_007))
    return made


def frozen_as_it_should_be(container: Path, frozen: Path) -> bool:
    upper = container / "upper"
    found = upper.stat()
    return (
        (frozen / "file").read_text() == "x"
        and not list(upper.iterdir())
        and (found.st_mode & 0o7777, found.st_mtime_ns) == (0o751, 1_000_000_007)
        and sorted(path.name for path in container.iterdir()) == ["upper"]
    )


def test_an_upper_becomes_a_layer_and_an_empty_one_looks_like_it(container: Path, tmp_path: Path) -> None:
    snapshots.swap(str(container), str(tmp_path / "frozen"), str(tmp_path / "frozen"))
    assert frozen_as_it_should_be(container, tmp_path / "frozen")


@pytest.mark.parametrize("call", ["rename", "mkdir", "chmod", "utime"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_swap_that_was_cut_off_is_done_by_the_next(
    container: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, count: int
) -> None:
    frozen, left, real = tmp_path / "frozen", [count], getattr(os, call)

    def cut(*words: object, **named: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return real(*words, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, cut)
        with suppress(KeyboardInterrupt):
            snapshots.swap(str(container), str(frozen), str(frozen))
    snapshots.swap(str(container), str(frozen), str(frozen))
    assert frozen_as_it_should_be(container, frozen)


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "nothing": (lambda _: None, True),
    "a directory that is below, too": (lambda upper: (upper / "usr").mkdir(0o755), True),
    "a place to mount on": (lambda upper: (upper / "proc").mkdir(), True),
    "an empty file to mount on": (lambda upper: ((upper / "etc").mkdir(0o755), (upper / "etc/hosts").touch()), True),
    "a file": (lambda upper: (upper / "new").touch(), False),
    "a written file where something is mounted": (
        lambda upper: ((upper / "etc").mkdir(0o755), (upper / "etc/hosts").write_text("x")),
        False,
    ),
    "a directory's other mode": (lambda upper: (upper / "usr").mkdir(0o700), False),
    "a new directory": (lambda upper: (upper / "new").mkdir(), False),
    "something below a directory that is below": (
        lambda upper: ((upper / "usr").mkdir(0o755), (upper / "usr/new").mkdir()),
        False,
    ),
    "a link": (lambda upper: (upper / "link").symlink_to("x"), False),
    "a directory's attribute": (
        lambda upper: ((upper / "usr").mkdir(0o755), os.setxattr(upper / "usr", "user.x", b"y")),
        False,
    ),
    "a mark": (
        lambda upper: ((upper / "usr").mkdir(0o755), os.setxattr(upper / "usr", "user.overlay.origin", b"")),
        True,
    ),
    "a hiding directory": (
        lambda upper: ((upper / "usr").mkdir(0o755), os.setxattr(upper / "usr", "user.overlay.opaque", b"y")),
        False,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_upper_is_untouched_while_it_holds_nothing_of_the_containers(tmp_path: Path, change: str) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for path in (lower / "usr", lower / "etc"):
        path.mkdir(parents=True)
        path.chmod(0o755)
    upper.mkdir()
    act, untouched = CHANGES[change]
    act(upper)
    assert snapshots.is_untouched(str(upper), (str(lower),), SKIPPED) is untouched


def test_whose_a_copy_is_counts(tmp_path: Path) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for path in (lower / "usr", upper / "usr"):
        path.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("needs root: another's directory")
    os.chown(upper / "usr", 5, 6)
    layers = (str(lower),)
    assert not snapshots.is_untouched(str(upper), layers, SKIPPED)
    assert snapshots.is_untouched(str(upper), layers, SKIPPED, owners=False)
    assert snapshots.is_untouched(str(upper), layers, SKIPPED, owner=lambda _: (5, 6))
    assert not snapshots.is_untouched(str(upper), layers, SKIPPED, owner=lambda _: (5, 7))


def test_layers_that_nobody_needs_are_orphans(tmp_path: Path) -> None:
    paths = Paths(str(tmp_path), "", "")
    assert snapshots.orphans(paths, set()) == []
    snapshots.prepare(paths)
    for name in ("a", "b"):
        os.mkdir(snapshots.place(paths, name))
    assert snapshots.orphans(paths, {"b"}) == ["a"]
    assert snapshots.stack(paths, "c", ("a", "b")).all == (
        *(snapshots.place(paths, name) for name in "ab"),
        f"{paths.container('c')}/upper",
    )

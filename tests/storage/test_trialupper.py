"""A try's upper directories before its start: as the host's, only where the layers leave room for them."""

import os
from pathlib import Path

import pytest
from hull.model import Identity, IdMap
from hull.storage import trialroot, trialupper
from hull.storage.trialupper import Stack

ME, GROUP = os.geteuid(), os.getegid()
RANGE = Identity("range", (IdMap(0, ME, 1), IdMap(1, 100_000, 65_536)), (IdMap(0, GROUP, 1), IdMap(1, 200_000, 65_536)))
KEEP = Identity("keep-id", (IdMap(0, 100_000, 7), IdMap(7, ME, 1)), (IdMap(0, 200_000, 7), IdMap(7, GROUP, 1)))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    for name in ("upper", "work"):
        (tmp_path / "d" / name).mkdir(parents=True)
    return Stack(str(tmp_path / "d"))


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    made = tmp_path / "host" / "own"
    made.mkdir(parents=True)
    made.chmod(0o710)
    os.utime(made, ns=(1_000_000_001, 2_000_000_002))
    os.setxattr(made, "user.note", b"x")
    return made


def test_they_are_made_as_the_host_s_are(stack: Stack, piece: Path) -> None:
    found = trialupper.prepare(stack, RANGE, (str(piece),))
    assert (found.pieces, found.closed) == ((str(piece),), ())
    for place in (piece, *piece.parents[:-1]):
        made, there = os.stat(f"{stack.upper}{place}"), os.stat(place)
        assert (made.st_mode, made.st_mtime_ns) == (there.st_mode, there.st_mtime_ns), place
    assert os.getxattr(f"{stack.upper}{piece}", "user.note") == b"x"


def test_a_later_start_changes_nothing_of_them(stack: Stack, piece: Path) -> None:
    other = piece.parent / "other"
    other.mkdir()
    trialupper.prepare(stack, RANGE, (str(piece),))
    above = f"{stack.upper}{piece.parent}"
    os.chmod(above, 0o701)
    os.utime(above, ns=(5, 6))
    trialupper.prepare(stack, RANGE, (str(piece), str(other)))
    assert os.path.isdir(f"{stack.upper}{other}")
    assert (os.stat(above).st_mode & 0o777, os.stat(above).st_mtime_ns) == (0o701, 6)


def test_a_directory_that_takes_no_names_has_its_mode_at_the_end(stack: Stack, piece: Path) -> None:
    other = piece.parent / "other"
    other.mkdir()
    piece.parent.chmod(0o555)
    for paths in ((str(piece),), (str(piece), str(other))):
        found = trialupper.prepare(stack, RANGE, paths)
        assert found.pieces == paths
        assert os.stat(f"{stack.upper}{piece.parent}").st_mode & 0o777 == 0o555
    for place in (piece.parent, Path(f"{stack.upper}{piece.parent}")):
        place.chmod(0o755)


def test_a_directory_of_another_id_s_that_takes_names_takes_a_piece(
    stack: Stack, piece: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given_away(path: str, *_words: object, **_named: object) -> None:
        if path == f"{stack.upper}{piece.parent}":
            raise PermissionError(1, "Operation not permitted", path)

    os.makedirs(f"{stack.upper}{piece.parent}")
    monkeypatch.setattr(os, "utime", given_away)
    assert trialupper.prepare(stack, RANGE, (str(piece),)).pieces == (str(piece),)


@pytest.mark.parametrize("where", ["upper", "frozen"])
@pytest.mark.parametrize("how", ["file", "opaque", "above"])
def test_what_was_replaced_in_a_layer_is_no_piece(stack: Stack, piece: Path, where: str, how: str) -> None:
    frozen = f"{stack.directory}/frozen"
    os.mkdir(frozen)
    stack = stack._replace(frozen=(frozen,))
    layer = stack.upper if where == "upper" else frozen
    place = f"{layer}{piece.parent if how == 'above' else piece}"
    os.makedirs(place if how == "opaque" else os.path.dirname(place))
    if how == "opaque":
        os.setxattr(place, "user.overlay.opaque", b"y")
    else:
        Path(place).write_text("a file where the host has a directory")
    assert trialupper.lowers_of(stack, str(piece)) == ()
    assert trialupper.prepare(stack, RANGE, (str(piece),)).pieces == ()


def test_frozen_layers_lie_between_the_highest_first(stack: Stack, piece: Path) -> None:
    layers = tuple(f"{stack.directory}/{name}" for name in ("new", "other", "old"))
    for layer in layers:
        os.makedirs(layer if layer.endswith("other") else f"{layer}{piece}")
    stack = stack._replace(frozen=layers)
    assert trialupper.lowers_of(stack, str(piece)) == (f"{layers[0]}{piece}", f"{layers[2]}{piece}", str(piece))
    ops = trialroot.overlays(stack, (("lower", "/base"),), (str(piece),))
    assert [op[1] for op in ops if op[0] == "lower"] == [*layers, "/base", *trialupper.lowers_of(stack, str(piece))]
    assert [op[0] for op in ops if op[0] != "lower"] == ["root-overlay", "overlay"]


def test_a_directory_is_there_in_a_layer_or_on_the_host(stack: Stack, piece: Path) -> None:
    assert trialupper.has_directory(stack, str(piece))
    assert not trialupper.has_directory(stack, f"{piece}/new")
    os.makedirs(f"{stack.upper}{piece}/new")
    assert trialupper.has_directory(stack, f"{piece}/new")
    gone = f"{stack.upper}{piece.parent}/gone"
    (piece.parent / "gone").mkdir()
    Path(gone).write_text("removed, and another file in its place")
    assert not trialupper.has_directory(stack, str(piece.parent / "gone"))


def status(uid: int, gid: int) -> os.stat_result:
    return os.stat_result((0o40755, 1, 1, 2, uid, gid, 0, 0, 0, 0))


@pytest.mark.skipif(ME == 0, reason="needs an ordinary user: to root a try belongs to a stranger")
def test_owners_on_the_disk_are_those_that_are_seen_as_the_host_s() -> None:
    assert trialupper.on_disk(RANGE, status(0, 0)) == (ME, GROUP)
    assert trialupper.on_disk(RANGE, status(ME, GROUP)) == (ME, GROUP)
    assert trialupper.on_disk(RANGE, status(33, 8)) == (100_032, 200_007)
    assert trialupper.on_disk(RANGE, status(4_000_000, 0)) == (ME, GROUP), "nobody's: root's"
    assert trialupper.on_disk(KEEP, status(0, 0)) == (100_000, 200_000)

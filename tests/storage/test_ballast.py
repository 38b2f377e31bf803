"""Room for removing on a full disk; test_debian.py fills a real one."""

import os
import pathlib

import pytest
from hull.storage import ballast


def kept(place: pathlib.Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in place.iterdir())


def disk(monkeypatch: pytest.MonkeyPatch, free: int, names: int = 1000) -> None:
    found = os.statvfs_result((1, 1, 1000, free, free, 10_000, names, names, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: found)


def test_a_store_keeps_room_of_its_own(tmp_path: pathlib.Path) -> None:
    ballast.fill(str(tmp_path))
    assert kept(tmp_path) >= ballast.SIZE
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    ballast.fill(str(tmp_path))
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("free", "names"), [(ballast.SIZE - 1, 1000), (1 << 30, ballast.LEAST_FILES - 1)])
def test_what_is_short_gets_it_back(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, free: int, names: int
) -> None:
    ballast.fill(str(tmp_path))
    disk(monkeypatch, free, names)
    ballast.lend(str(tmp_path))
    assert not any(tmp_path.iterdir())
    ballast.lend(str(tmp_path))


def test_with_room_left_it_stays(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ballast.fill(str(tmp_path))
    disk(monkeypatch, ballast.SIZE)
    ballast.lend(str(tmp_path))
    assert kept(tmp_path) >= ballast.SIZE


def test_no_room_for_it_is_no_failure(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    ballast.fill(str(tmp_path))
    assert not any(tmp_path.iterdir())

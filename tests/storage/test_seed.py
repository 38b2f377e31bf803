"""Empty files over what the container's root cannot read, while the host goes on changing."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hull.storage import overlay


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    host = tmp_path / "host"
    (host / "stays").mkdir(parents=True)
    (host / "goes").mkdir()
    for name in ("stays", "goes"):
        (host / name / "secret").write_text("secret")
        (host / name / "secret").chmod(0o600)
    monkeypatch.setattr(overlay, "SCANNED", (str(host),))
    monkeypatch.setattr(os, "access", lambda *_: False)
    return host


def seeded(host: Path, upper: Path) -> list[str]:
    upper.mkdir()
    return overlay.seed(str(upper), None)


def test_what_cannot_be_read_is_empty_inside(host: Path, tmp_path: Path) -> None:
    assert sorted(seeded(host, tmp_path / "upper")) == [f"{host}/goes/secret", f"{host}/stays/secret"]
    copy = Path(f"{tmp_path}/upper{host}/stays/secret")
    assert copy.read_bytes() == b""
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_directory_that_goes_meanwhile_is_passed_over(
    host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = overlay._unreadable

    def then_remove(by_strangers: bool) -> Iterator[tuple[str, int]]:
        found = unreadable(by_strangers)
        (host / "goes" / "secret").unlink()
        (host / "goes").rmdir()
        return iter(found)

    monkeypatch.setattr(overlay, "_unreadable", then_remove)
    assert seeded(host, tmp_path / "upper") == [f"{host}/stays/secret"]
    assert not Path(f"{tmp_path}/upper{host}/goes").exists()

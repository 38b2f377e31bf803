"""Root's confined programs reach what lies where only root may go."""

import os
from pathlib import Path

import pytest
from hull import paths
from hull.errors import HostError
from hull.runtime import reach


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/tmp") and str(parent) != "/":
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    (tmp_path / "shut/tool/lib").mkdir(parents=True)
    (tmp_path / "shut").chmod(0o700)
    (tmp_path / "open").mkdir()
    return tmp_path


def test_the_first_closed_directory_on_the_way_is_found(closed: Path) -> None:
    assert paths.closed_above(f"{closed}/shut/tool/lib") == f"{closed}/shut"
    assert paths.closed_above(f"{closed}/open") == ""


def test_nothing_is_mounted_where_strangers_pass_anyway(closed: Path) -> None:
    assert reach.ops((f"{closed}/open",)) == []


def test_a_tmpfs_shows_what_is_needed_and_nothing_else(closed: Path) -> None:
    tool, lib = f"{closed}/shut/tool", f"{closed}/shut/tool/lib"
    assert reach.ops((tool, lib)) == [
        ("namespace", "mount"),
        ("mount", "tmpfs", f"{closed}/shut", "nosuid,nodev", "mode=755"),
        ("bind", tool, tool, "rec,ro"),
    ]


@pytest.mark.as_root
@pytest.mark.needs("root")
def test_root_is_told_where_a_store_cannot_be(closed: Path) -> None:
    base = f"{closed}/shut/store"
    with pytest.raises(HostError, match="may not pass"):
        paths.prepare(paths.find({"HULL_ROOT": base, "HOME": "/root"}))

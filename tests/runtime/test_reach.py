"""Root's confined programs reach what lies where only root may go."""

import os
from pathlib import Path

import pytest
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
    assert reach.closed_above(f"{closed}/shut/tool/lib") == f"{closed}/shut"
    assert reach.closed_above(f"{closed}/open") == ""


def test_nothing_is_mounted_where_strangers_pass_anyway(closed: Path) -> None:
    assert reach.ops((f"{closed}/open",), ()) == []


def test_a_tmpfs_shows_what_is_needed_and_nothing_else(closed: Path) -> None:
    tool, lib, data = f"{closed}/shut/tool", f"{closed}/shut/tool/lib", f"{closed}/shut/data"
    os.mkdir(data)
    assert reach.ops((tool, lib), (data,)) == [
        ("namespace", "mount"),
        ("mount", "tmpfs", f"{closed}/shut", "nosuid,nodev", "mode=755"),
        ("bind", data, data, "rec"),
        ("bind", tool, tool, "rec,ro"),
    ]


def test_a_store_inside_a_tool_stays_writable(closed: Path) -> None:
    tool, data = f"{closed}/shut/tool", f"{closed}/shut/tool/data"
    os.mkdir(data)
    assert reach.ops((tool,), (data,))[2:] == [("bind", tool, tool, "rec,ro"), ("bind", data, data, "rec")]

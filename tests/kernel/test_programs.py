"""Helpers are found beyond PATH, never in the working directory."""

import os

import pytest
from hull.kernel import programs


def test_system_places_are_searched_after_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find("sh") in {"/usr/bin/sh", "/bin/sh"}
    own = tmp_path / "sh"
    own.write_text("")
    assert programs.find("sh") != str(own)
    own.chmod(0o755)
    assert programs.find("sh") == str(own)
    assert programs.find("no-such-program") == ""


def test_the_working_directory_is_never_searched(monkeypatch, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text("")
    helper.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ":.:..")
    assert programs.find("helper") == ""


def test_privilege_is_the_file_mode_of_root(tmp_path):
    helper = tmp_path / "helper"
    helper.write_text("")
    helper.chmod(0o4755)
    assert programs.raises(str(helper)) == (
        os.stat(helper).st_uid == 0 and not os.statvfs(tmp_path).f_flag & os.ST_NOSUID
    )
    helper.chmod(0o755)
    assert not programs.raises(str(helper))


def test_newuidmap_here_raises_privilege():
    path = programs.find("newuidmap")
    if not path:
        pytest.skip("no newuidmap here")
    assert programs.raises(path)

"""Builds that begin at the same time do not take each other for dead."""

import os
import shutil
from types import SimpleNamespace

from hull.builder import workshop


def test_a_directory_that_another_build_has_removed_is_given_up(tmp_path, monkeypatch):
    engine = SimpleNamespace(paths=SimpleNamespace(scratch=str(tmp_path), runtime=str(tmp_path)))
    locked, seen = workshop._locked, []

    def raced(path):
        seen.append(path)
        if len(seen) == 1:  # the other has it, and removes it
            shutil.rmtree(path)
            return None
        fd = locked(path)
        if len(seen) == 2:  # the other had it just before
            shutil.rmtree(path)
        return fd

    monkeypatch.setattr(workshop, "_locked", raced)
    path, fd = workshop._begin(engine, None)
    os.close(fd)
    assert len(seen) == 3
    assert path == seen[2]
    assert os.path.isdir(path)


def test_what_a_client_lends_lies_on_the_stores_disk_as_long_as_it_is_used(tmp_path):
    engine = SimpleNamespace(paths=SimpleNamespace(scratch=str(tmp_path), runtime=str(tmp_path / "runtime")))
    (tmp_path / f"{workshop.PREFIX}dead").mkdir()
    with workshop.scratch(engine) as path:
        assert os.path.dirname(path) == str(tmp_path)
        _, other = workshop._begin(engine, None)
        os.close(other)
        assert os.path.isdir(path)
    assert not os.path.exists(path)
    assert not (tmp_path / f"{workshop.PREFIX}dead").exists()

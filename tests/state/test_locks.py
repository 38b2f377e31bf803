"""One at a time, by the directory itself."""

import fcntl
import os
from pathlib import Path

import pytest
from hull.state.locks import Lock


def test_nobody_else_holds_it_and_it_goes(tmp_path: Path) -> None:
    other = os.open(tmp_path, os.O_RDONLY)
    with Lock(str(tmp_path)), pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_what_is_gone_needs_none(tmp_path: Path) -> None:
    with Lock(str(tmp_path / "gone")):
        pass

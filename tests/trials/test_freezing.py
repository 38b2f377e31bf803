"""What is done to layers on the disk, by whoever may."""

import os

import pytest
from hull.engine import Engine
from hull.log import silent
from hull.paths import Paths
from hull.trials import freezing


@pytest.mark.needs("userns")
@pytest.mark.single_id
@pytest.mark.as_root
def test_a_tree_deeper_than_python_goes_is_removed(tmp_path):
    engine = Engine(Paths(*(str(tmp_path / name) for name in ("data", "run", "config"))), silent)
    top = tmp_path / "layer"
    top.mkdir()
    fd = os.open(top, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    freezing.remove(engine, "range", str(top))
    assert not top.exists()
    freezing.remove(engine, "range", str(top))
    engine.close()

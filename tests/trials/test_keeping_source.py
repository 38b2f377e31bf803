"""Contents that the caller may not open come from a child that may: in order, named where one cannot, and it ends."""

import os
import pathlib

import pytest
from hull.engine import Engine
from hull.errors import HostError
from hull.trials.keeping_source import BATCH, Source

from tests.trials import keep_rig

pytestmark = [
    pytest.mark.real,
    pytest.mark.needs("userns", "launcher"),
    pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything itself"),
]


@pytest.fixture
def engine(tmp_path: pathlib.Path):
    made = keep_rig.engine(f"{tmp_path}/s")
    yield made
    made.close()


def source(engine: Engine, layer: pathlib.Path, count: int) -> tuple[Source, list[str]]:
    """Return a source of so many files, all but the first closed to their owner."""
    layer.mkdir()
    paths = [f"/{number}" for number in range(count)]
    for path in paths:
        file = pathlib.Path(f"{layer}{path}")
        file.write_text(path)
        file.chmod(0o600 if path == "/0" else 0)
    return Source(engine, "range", f"{engine.paths.data}/files", [(f"{layer}", path) for path in paths]), paths


def read(made: Source, path: str) -> str:
    with open(made.next(path)) as file:
        return file.read()


def test_more_than_two_messages_in_order(engine, tmp_path) -> None:
    made, paths = source(engine, tmp_path / "layer", 2 * BATCH + 3)
    assert [read(made, path) for path in paths] == paths
    with pytest.raises(HostError, match="was to come"):
        Source(engine, "range", "", [("/", "/other")]).next("/one")
    made.close()
    assert made._child is not None
    assert made._child.returncode is not None
    assert not os.path.exists(f"{engine.paths.data}/files")


def test_the_one_that_cannot_be_opened_is_named(engine, tmp_path, capfd) -> None:
    made, paths = source(engine, tmp_path / "layer", BATCH + 9)
    missing = BATCH + 5
    (tmp_path / "layer" / str(missing)).unlink()
    assert [read(made, path) for path in paths[:missing]] == paths[:missing]
    with pytest.raises(HostError, match=f"cannot read /{missing} of the try"):
        made.next(paths[missing])
    made.close()
    assert capfd.readouterr().err == ""


def test_a_child_with_more_to_give_is_ended(engine, tmp_path) -> None:
    made, paths = source(engine, tmp_path / "layer", 3 * BATCH)
    before = len(os.listdir("/proc/self/fd"))
    assert [read(made, path) for path in paths[:2]] == paths[:2]
    made.close()
    assert made._child is not None
    assert made._child.returncode is not None
    assert len(os.listdir("/proc/self/fd")) == before

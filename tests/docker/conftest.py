"""An engine over a store of a test's own."""

import pytest
from hull.engine import Engine


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Give an engine whose store is empty."""
    monkeypatch.setenv("HULL_ROOT", str(tmp_path / "store"))
    made = Engine()
    yield made
    made.close()

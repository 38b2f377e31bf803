"""The machine is thrown away: tests inside use the login's own places."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _private_places() -> None:
    """Leave XDG_RUNTIME_DIR as the login set it; the store of a test is its `cli` fixture's."""

"""The machine is thrown away: tests inside use the login's own places. It starts twice where a test asks for it."""

import os

import pytest

AFTER = ["test_reboot_after.py"]
collect_ignore = AFTER if os.environ.get("HULL_BOOT") == "1" else []


@pytest.fixture(scope="session", autouse=True)
def _private_places() -> None:
    """Leave XDG_RUNTIME_DIR as the login set it; the store of a test is its `cli` fixture's."""

"""What the escapes of builders share."""

from tests.build.conftest import build  # noqa: F401 (a fixture)

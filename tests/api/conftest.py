"""A server a module, over the suite's own store."""

from collections.abc import Iterator

import pytest

from tests.api.serving import Server
from tests.commandline import CommandLine
from tests.docker.conftest import engine

__all__ = ["engine", "server"]


@pytest.fixture(scope="module")
def server(cli: CommandLine) -> Iterator[Server]:
    """Give `hull serve` over the store that holds `busybox`; a request that found a defect in it fails the module."""
    made = Server(cli)
    yield made
    faults, said = made.faults(), made.said()
    made.close()
    assert faults == [], said

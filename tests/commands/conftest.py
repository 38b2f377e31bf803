"""Containers with names of this test's own, gone when it is over."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from tests.commandline import CommandLine

NUMBERS = itertools.count()
Name = Callable[[], str]


@pytest.fixture
def name(cli: CommandLine) -> Iterator[Name]:
    """Give a function that makes names; whatever has one at the end is removed by force, its volumes too."""
    made: list[str] = []

    def make() -> str:
        made.append(f"life-{os.getpid()}-{next(NUMBERS)}")
        return made[-1]

    yield make
    if made:
        cli("rm", "-f", "-v", *made, check=True)

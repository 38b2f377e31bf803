"""Containers with names of this test's own, and tries of a home of its own, gone when it is over."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commandline import CommandLine
from tests.commands.tries import Tries

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


@pytest.fixture
def tries(cli: CommandLine, tmp_path: Path) -> Iterator[Tries]:
    """Give tries; those that the test leaves are dropped."""
    home = tmp_path / "home"
    home.mkdir()
    made = Tries(cli, home)
    yield made
    if made.names():
        made.hull("drop", "--all", "--force", check=True)
    assert made.names() == []

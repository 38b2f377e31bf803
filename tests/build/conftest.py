"""A context to build from, and the way to build it."""

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.commandline import CommandLine, Done


class Builder:
    """`hull build` over a directory of its own; `busybox` is there."""

    def __init__(self, cli: CommandLine, directory: pathlib.Path) -> None:
        self.cli, self.context = cli, directory

    def write(self, **files: str) -> None:
        """Write files of the context; `__` in a name is a dot."""
        for name, text in files.items():
            (self.context / name.replace("__", ".")).write_text(text)

    def __call__(self, dockerfile: str, *words: str, check: bool = True, **options: Any) -> Done:
        """Build a Dockerfile's text, without a network."""
        (self.context / "Dockerfile").write_text(dockerfile)
        argv = ("build", "--network", "none", *words, ".")
        return self.cli(*argv, cwd=self.context, check=check, **options)

    def image(self, dockerfile: str, *words: str, **options: Any) -> str:
        """Build and return the image's id."""
        return self(dockerfile, *words, **options).stdout.decode().split()[-1]

    def inside(self, image: str, *command: str) -> str:
        """Return what a command in the image prints."""
        done = self.cli("run", "--rm", "--network", "none", "--entrypoint", command[0], image, *command[1:], check=True)
        return done.stdout.decode()

    def inspect(self, image: str) -> Any:
        """Return the image's document."""
        return json.loads(self.cli("inspect", image, check=True).stdout)[0]

    @property
    def scratch(self) -> list[str]:
        """What builds have left behind."""
        return [name for name in os.listdir(f"{self.cli.root}/tmp") if name.startswith("build-")]


@pytest.fixture
def build(cli: CommandLine, tmp_path: pathlib.Path) -> Builder:
    directory = tmp_path / "context"
    directory.mkdir(mode=0o755)
    return Builder(cli, directory)


@pytest.fixture
def fresh_build(fresh_cli: CommandLine, tmp_path: pathlib.Path) -> Builder:
    directory = tmp_path / "context"
    directory.mkdir(mode=0o755)
    return Builder(fresh_cli, directory)


@pytest.fixture
def lines() -> Callable[[Done], list[str]]:
    """Give the lines that a build told."""
    return lambda done: done.stderr.decode().splitlines()

"""Tries of a home directory of a test's own."""

from pathlib import Path
from typing import Any

from tests.commandline import CommandLine, Done


class Tries:
    """`try_(words…)` in a home directory of its own; every try is gone when the test is over."""

    def __init__(self, cli: CommandLine, home: Path) -> None:
        self.cli, self.home = cli, home
        self.env = self.cli.env(HOME=str(home), SHELL="/bin/sh")

    def __call__(self, *words: str, **options: Any) -> Done:
        return self.hull("try", *words, **options)

    def hull(self, *words: str, **options: Any) -> Done:
        options.setdefault("cwd", self.home)
        return self.cli(*words, env={**self.env, **options.pop("env", {})}, **options)

    def out(self, *words: str, **options: Any) -> str:
        return self(*words, check=True, **options).stdout.decode()

    def names(self) -> list[str]:
        found = self.hull("ps", "-a", "--filter", "trial=true", "--format", "{{.Names}}", check=True)
        return found.stdout.decode().split()

"""The `hull` command as a black box: a store of its own, run as the current user."""

import os
import shutil
import subprocess
import sys
from typing import Any

Done = subprocess.CompletedProcess[bytes]


def program() -> list[str]:
    """Return how to start hull: the console script beside this Python, else the module."""
    script = os.path.join(os.path.dirname(sys.executable), "hull")
    return [script] if os.access(script, os.X_OK) else [sys.executable, "-m", "hull"]


class CommandLine:
    """`hull(words…)` with HULL_ROOT at `root`; output is bytes, and a failure is the caller's to judge."""

    def __init__(self, root: str) -> None:
        self.root = str(root)

    def env(self, **extra: str) -> dict[str, str]:
        """Return the environment of a call: the caller's with this store."""
        return {**os.environ, "HULL_ROOT": self.root, **extra}

    def argv(self, *words: str) -> list[str]:
        """Return the argv of a call."""
        return [*program(), *words]

    def __call__(self, *words: str, env: dict[str, str] | None = None, check: bool = False, **options: Any) -> Done:
        """Run to the end, no standard input unless `input` or `stdin` says so; 60 s at most.

        `check` raises with both streams in the message.
        """
        return run(self.argv(*words), env or self.env(), check=check, **options)

    def containers(self, which: str = "-aq") -> set[str]:
        """Return the ids of the containers in the store, other tests' among them; `-q` those that run."""
        return set(self("ps", which, check=True).stdout.decode().split())

    def popen(self, *words: str, env: dict[str, str] | None = None, **options: Any) -> "subprocess.Popen[bytes]":
        """Start and return at once."""
        return subprocess.Popen(self.argv(*words), env=env or self.env(), **options)


def run(argv: list[str], env: dict[str, str], *, check: bool = False, **options: Any) -> Done:
    """Run a program to its end, as `CommandLine` does."""
    options.setdefault("timeout", 60)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(argv, env=env, check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout!r}\n{done.stderr!r}")
    return done


def remove_tree(path: str) -> None:
    """Remove a store: files of mapped ids go inside a user namespace that maps them."""
    if os.geteuid():
        argv = ["unshare", "--user", "--map-root-user", "--map-auto", "rm", "-rf", "--", path]
        subprocess.run(argv, check=False, capture_output=True)
    for directory, below, _ in os.walk(path):  # downwards: overlay's work directory lets nobody in
        for inner in (f"{directory}/{name}" for name in below):
            if not os.path.islink(inner) and os.stat(inner).st_uid == os.geteuid():
                os.chmod(inner, 0o700)
    shutil.rmtree(path, ignore_errors=True)

"""Shells in terminals of their own, hull loaded from this tree, the shared store with busybox in it."""

import os
import sys
import time

import pytest

from tests.commandline import CommandLine

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture
def shell_env(cli: CommandLine, tmp_path) -> dict[str, str]:
    """Return the environment of a shell: own home, no start-up files, hull and its store."""
    return cli.env(
        HOME=str(tmp_path),
        PYTHONPATH=os.pathsep.join((f"{HERE}/core", HERE)),
        PATH=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
        TERM="xterm",
        PROMPT_TOOLKIT_NO_CPR="1",
        IPYTHONDIR=str(tmp_path / "ipython"),
        XDG_CONFIG_HOME=str(tmp_path / "config"),
        XDG_DATA_HOME=str(tmp_path / "data"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )


@pytest.fixture
def mark() -> str:
    """Return a number of seconds that no other test's sleep has: it finds this test's processes."""
    return f"1{os.getpid()}{time.monotonic_ns() % 1000:03}"

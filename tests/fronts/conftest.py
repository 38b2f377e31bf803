"""Shells in terminals of their own, hull loaded from this tree, the shared store with busybox in it."""

import os
import subprocess
import sys
import time

import pytest

from tests.commandline import CommandLine
from tests.fronts.terminal import HERE as HERE  # noqa: PLC0414 (of the notebook tests, too)


@pytest.fixture
def shell_env(cli: CommandLine, tmp_path) -> dict[str, str]:
    """Return the environment of a shell: own home, no start-up files, hull and its store."""
    from tests.fronts.notebooks import environment

    return environment(cli, str(tmp_path))


@pytest.fixture
def script(shell_env, tmp_path):
    """Give `script(source)`: what a xonsh in a directory of its own that loaded hull wrote; `.stderr` with `whole`."""

    def run(source, *, whole=False, env=None, raises=False):
        place = tmp_path / "here"
        place.mkdir(exist_ok=True)
        source = f"$XONSH_SUBPROC_RAISE_ERROR = {raises}\nxontrib load hull\n{source}"
        argv = [sys.executable, "-m", "xonsh", "--no-rc", "-c", source]
        done = subprocess.run(argv, env={**shell_env, **(env or {})}, capture_output=True, text=True, timeout=90,
                              check=False, stdin=subprocess.DEVNULL, cwd=place)  # fmt: skip
        return done if whole else done.stdout

    return run


@pytest.fixture
def opened(shell_env):
    """Give `opened(*argv, cli=…, env=…)`: a program on a terminal of 80x24; ended when the test is over."""
    pytest.importorskip("pexpect", reason="pexpect is not installed")
    pytest.importorskip("pyte", reason="pyte is not installed")
    from tests.commandline import program
    from tests.fronts.emulator import Emulator

    made = []

    def start(*argv, root="", width=80, height=24, **env):
        environ = {**shell_env, "LANG": "C.UTF-8", "TERM": "xterm-256color", **env}
        environ.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
        environ |= {"HULL_ROOT": root} if root else {}
        made.append(Emulator(list(argv or (*program(), "ui")), environ, width, height))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def mark() -> str:
    """Return a number of seconds that no other test's sleep has: it finds this test's processes."""
    return f"1{os.getpid()}{time.monotonic_ns() % 1000:03}"


@pytest.fixture(scope="module")
def kernel_env(cli, tmp_path_factory):
    """Give the kernel's environment once a module."""
    from tests.fronts.notebooks import environment

    return environment(cli, str(tmp_path_factory.mktemp("jupyter")))


@pytest.fixture(scope="module")
def notebook(kernel_env):
    from tests.fronts.notebooks import Notebook

    notebook = Notebook(kernel_env)
    yield notebook
    notebook.close()

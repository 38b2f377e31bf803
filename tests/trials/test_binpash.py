"""binpash/try's own tests, run with hull in the place of their script: HULL_TRY_SUITE is a checkout of theirs.

Nothing of theirs is kept here. What both share must pass; OTHERS are theirs alone, each with the reason; docs/TRY.md
holds the same table. What matters of it is tested by tests of our own, too: test_shared_behaviour.py.
"""

import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from tests.capabilities import missing
from tests.commandline import CommandLine, program

SUITE = os.environ.get("HULL_TRY_SUITE", "")
OTHERS = {
    "hide_flag.sh": "-i makes a path absent: what hull hides is there and empty, so that nothing can take its place",
    "merge_multiple_dirs.sh": "several independent sandboxes merged by -L: a hull try stands on one other",
    "reuse_problematic_sandbox.sh": "breaks a sandbox by hand in its temproot, which a hull try does not have",
    "tempfiles.sh": "looks for sandboxes in the directory for temporary files and into their upperdir",
    "trace_flag.sh": "-t is strace's list of what was read and written, made by their try-parse-trace",
    "try-commit-c.sh": "their try-commit and try-summary on a sandbox's upperdir",
}
NEEDED = {"explore.sh": ("program:expect",), "network.sh": ("program:curl",)}
SOCKET = """#!{python}
import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])
"""


def names() -> list[str]:
    """Return their tests, or one name that is skipped where there is no checkout."""
    place = f"{SUITE}/test"
    found = [name for name in os.listdir(place) if name.endswith(".sh")] if os.path.isdir(place) else []
    return sorted(found) or ["no checkout"]


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a directory that looks like their checkout, its `try` ours."""
    base = tmp_path_factory.mktemp("suite")
    os.symlink(os.path.abspath(f"{SUITE}/test"), f"{base}/test")
    shim = f"{os.path.dirname(os.path.abspath(__file__))}/binpash_try.py"
    write(base / "try", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(shim)} "$@"\n')
    os.mkdir(f"{base}/bin")
    write(base / "bin" / "make-socket", SOCKET.format(python=sys.executable))
    return str(base)


def write(path: pathlib.Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_their_test(name: str, top: str, cli: CommandLine, tmp_path: pathlib.Path) -> None:
    if name == "no checkout":
        pytest.skip("needs HULL_TRY_SUITE: a checkout of binpash/try, whose tests are run")
    reason = OTHERS.get(name) or next(filter(None, map(missing, NEEDED.get(name, ()))), "")
    if reason:
        pytest.skip(reason)
    home = tmp_path / "home"
    home.mkdir()
    env = cli.env(TRY_TOP=top, HOME=str(home), HULL_TRY_PROGRAM=shlex.join(program()), SHELL="/bin/bash")
    env["PATH"] = f"{top}/bin:{env['PATH']}"
    done = subprocess.run(
        ["/bin/sh", f"{SUITE}/test/{name}"],
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout.decode()}\n{done.stderr.decode()}"

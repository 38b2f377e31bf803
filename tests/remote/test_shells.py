"""A context's line in xonsh and IPython is what it is on the command line."""

import subprocess
import sys

import pytest

from tests.api.serving import Server
from tests.commandline import CommandLine
from tests.remote.hosts import FarHost


def test_xonsh_pipes_captures_and_knows_the_code(near: CommandLine, far: Server, host: FarHost) -> None:
    pytest.importorskip("xonsh", reason="xonsh is not installed")
    source = """
$XONSH_SUBPROC_RAISE_ERROR = False
xontrib load hull
for name in ("far", "box"):
    $HULL_CONTEXT = name
    print(name, $(hull images -q busybox) != "", $(echo word | hull run --rm -i busybox cat | tr a-z A-Z))
    hull run --rm busybox sh -c 'exit 7'
    print(__xonsh__.lastcmd.rtn)
$HULL_CONTEXT = "default"
print("here", repr($(hull images -q)), $(hull --context far images -q busybox) != "")
"""
    argv = [sys.executable, "-m", "xonsh", "--no-rc", "-c", source]
    done = subprocess.run(argv, env=host.env(near), capture_output=True, text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line]
    assert told == ["far True WORD", "7", "box True WORD", "7", "here '' True"], done.stderr


def test_ipython_has_values_and_streams(near: CommandLine, far: Server, host: FarHost, tmp_path: object) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    cells = (
        "x = %hull --context far images busybox\nprint(type(x[0]).__name__, x[0].repository)",
        "%hull run --context far --rm busybox sh -c 'echo out; exit 7'",
        "print('code', _exit_code)",
        "%hull --context box run --rm busybox sh -c 'echo out; exit 8'",
        "print('code', _exit_code)",
        "x = %hull images\nprint(len(x), 'here')",
        "%%hull --context far busybox\necho cell",
    )
    script = f"{tmp_path}/script.py"
    with open(script, "w") as file:
        file.write("get_ipython().run_line_magic('load_ext', 'hull')\n")
        file.writelines(f"get_ipython().run_cell({cell!r})\n" for cell in cells)
    argv = [sys.executable, "-m", "IPython", "--colors=nocolor", script]
    done = subprocess.run(argv, env=host.env(near), capture_output=True, text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("Out[")]
    assert lines[:5] == ["ImageRow busybox", "out", "code 7", "out", "code 8"], done.stderr
    assert lines[5] == "0 here"
    assert "cannot run a cell on the context far" in lines[-2] + lines[-1] + done.stderr

"""A program listens on port 80 of a network of its own, whoever it is and whoever owns the namespace."""

import subprocess
import sys

import pytest
from hull.kernel.features import environment

LISTEN = "timeout 0.2 nc -l -p 80 </dev/null; test $? = 143 && cat /proc/sys/kernel/shmmni"
WARM = """
import sys
from hull.engine import Engine
from hull.commands.run import run
engine = Engine()
engine.keep()
launch = run(engine, "busybox", ("sh", "-c", sys.argv[1]), network=("none",), rm=True, sysctl=("kernel.shmmni=77",))
code = engine.spawn(launch).wait()
engine.close()
sys.exit(code)
"""


@pytest.mark.as_root
@pytest.mark.single_id
@pytest.mark.parametrize("user", ["0", "1000"])
def test_from_the_command_line(cli, user):
    from tests.capabilities import missing

    if user != "0" and missing("range"):
        pytest.skip(f"needs range: {missing('range')}")
    words = (
        "run",
        "--rm",
        "--network",
        "none",
        "--sysctl",
        "kernel.shmmni=77",
        "-u",
        user,
        "busybox",
        "sh",
        "-c",
        LISTEN,
    )
    done = cli(*words)
    assert done.stdout == b"77\n", done.stderr


@pytest.mark.as_root
@pytest.mark.single_id
def test_from_a_warm_shell(cli):
    words = [sys.executable, "-c", WARM, LISTEN]
    done = subprocess.run(words, env={**environment(), **cli.env()}, capture_output=True, timeout=60, check=False)
    assert done.stdout == b"77\n", done.stderr

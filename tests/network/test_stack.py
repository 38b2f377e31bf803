"""A real stack on two networks: PostgreSQL, a Python application and nginx from Debian's packages (demos/stack)."""

import os
import subprocess
import sys

import pytest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOLD = (
    "web: db:5432 - no response",
    "Network is unreachable",
    "number of failed transactions: 0 ",
    "Everything the stack made is gone again.",
)


@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.timeout(660)
@pytest.mark.as_root
@pytest.mark.needs("range", "tun", "program:slirp4netns", "program:mmdebstrap")
def test_the_stack() -> None:
    """Its first run on a machine makes the image: some minutes."""
    done = subprocess.run(
        [sys.executable, "-m", "demos.stack"], cwd=TREE, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in TOLD:
        assert words in done.stdout, done.stdout
    counts = [int(line.split()[-1]) for line in done.stdout.splitlines() if line.startswith("visit ")]
    assert counts[-1] > counts[0] >= 2

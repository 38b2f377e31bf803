"""Every demo runs to its end and says what it promises."""

import os
import subprocess
import sys

import pytest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOLD = (
    "as an ordinary user",
    "changed by hull",
    "is what it was",
    "PIPED THROUGH A CONTAINER",
    "exit status: 3",
    "a cell, run by",
    "Everything the demo made is gone again.",
)


@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.as_root
@pytest.mark.needs("userns", "fuse", "program:fuse-overlayfs")
def test_story() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demos.story"], cwd=TREE, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in TOLD[bool(os.geteuid() == 0) :]:
        assert words in done.stdout
    digests = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("in  ", "out "))]
    assert len(digests) == 2
    assert len(set(digests)) == 1

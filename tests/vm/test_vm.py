"""The tests of inside/ pass in a virtual machine: an older kernel, delegated control groups, udev's modes."""

import os
from pathlib import Path

import pytest

from tests.vm import project, rig

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.serial]


@pytest.mark.needs("program:qemu-system-x86_64", "program:mmdebstrap", "program:mke2fs", "range", "launcher")
def test_inside(tmp_path: Path) -> None:
    if project.unfit():
        pytest.skip(f"needs a machine like the virtual one: {project.unfit()}")
    report = rig.run(TREE, str(tmp_path))
    print(report.console)
    assert not report.ended, "the virtual machine did not turn itself off in time"
    assert report.results, "no results came out of the virtual machine"
    assert not report.named("failed")
    assert not report.named("skipped"), "the virtual machine has everything: nothing may be skipped there"

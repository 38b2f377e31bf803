"""Inheritable and ambient capabilities are empty, in run and in exec; the bounding set is what was asked."""

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

DOCKER = 0xA80425FB


def _sets(output: bytes) -> dict[str, int]:
    lines = (line.split(":") for line in output.decode().splitlines() if line.startswith("Cap"))
    return {name: int(value, 16) for name, value in lines}


SHOW = ("cat", "/proc/self/status")


def test_cve_2022_29162_run(run: Run) -> None:
    sets = _sets(run("busybox", *SHOW).stdout)
    assert sets == {"CapInh": 0, "CapAmb": 0, "CapPrm": DOCKER, "CapEff": DOCKER, "CapBnd": DOCKER}


def test_cve_2022_27649_exec(cli: CommandLine, up: Up) -> None:
    up("cve-caps", "echo up; cat")
    sets = _sets(cli("exec", "cve-caps", *SHOW).stdout)
    assert sets == {"CapInh": 0, "CapAmb": 0, "CapPrm": DOCKER, "CapEff": DOCKER, "CapBnd": DOCKER}


@pytest.mark.needs("range")
def test_cve_2022_29162_a_program_that_is_not_root_holds_nothing(run: Run, cli: CommandLine, up: Up) -> None:
    expected = {"CapInh": 0, "CapAmb": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": DOCKER}
    assert _sets(run("-u", "1000", "busybox", *SHOW).stdout) == expected
    up("cve-user", "echo up; cat")
    assert _sets(cli("exec", "-u", "1000", "cve-user", *SHOW).stdout) == expected


def test_dropped_capabilities_are_gone(run: Run) -> None:
    sets = _sets(run("--cap-drop=ALL", "--cap-add=chown", "busybox", *SHOW).stdout)
    assert set(sets.values()) == {0, 1}
    assert sets["CapBnd"] == 1
    done = run("--cap-drop=SETPCAP,ALL", "busybox", "true")
    assert done.returncode == 125

"""B53: rm -f of a container with an exec inside never fails; a second rm says plainly that there is none."""

import subprocess

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.repeat import times


def test_b53_rm_force_with_an_exec_running(cli: CommandLine, up: Up, children: list["subprocess.Popen[bytes]"]) -> None:
    for turn in range(times(10, 500)):
        name = f"b53-{turn}"
        process = up(name, "echo up; exec sleep 1000")
        inside = cli.popen("exec", name, "sh", "-c", "echo in; exec sleep 1000", stdout=subprocess.PIPE)
        children.append(inside)
        assert inside.stdout is not None
        assert inside.stdout.readline() == b"in\n"
        removed = cli("rm", "-f", name)
        assert removed.returncode == 0, removed.stderr
        assert process.wait(10) == 137
        assert inside.wait(10) == 137
        again = cli("rm", name)
        assert again.returncode == 125
        assert name.encode() in again.stderr
        assert b"no such container" in again.stderr.lower()
    assert cli("ps", "-a", "-q").stdout == b""


def test_b53_a_running_one_is_refused_without_force(cli: CommandLine, up: Up) -> None:
    up("b53r", "echo up; cat")
    refused = cli("rm", "b53r")
    assert refused.returncode == 125
    assert b"running" in refused.stderr

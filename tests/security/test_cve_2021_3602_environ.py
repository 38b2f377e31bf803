"""The caller's environment shows inside, through the program or through process 1."""

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

LOOK = "for p in /proc/[0-9]*; do cat $p/environ $p/cmdline 2>/dev/null | tr '\\0' '\\n'; done"


def test_cve_2021_3602_run(run: Run, cli: CommandLine) -> None:
    for extra in ((), ("--no-init",), ("--cap-add=ALL",)):
        done = run(*extra, "-e", "GIVEN=1", "busybox", "sh", "-c", LOOK, env=cli.env(CANARY_TOKEN="secret-of-the-host"))
        assert b"GIVEN=1" in done.stdout
        assert b"CANARY_TOKEN" not in done.stdout, extra
        assert b"HULL_" not in done.stdout, extra


def test_cve_2021_3602_exec(cli: CommandLine, up: Up) -> None:
    up("cve-environ", "echo up; cat", "-e", "GIVEN=1")
    done = cli("exec", "cve-environ", "sh", "-c", LOOK, env=cli.env(CANARY_TOKEN="secret-of-the-host"))
    assert b"GIVEN=1" in done.stdout
    assert b"CANARY_TOKEN" not in done.stdout

"""B44: exec with no command is a usage error, 125."""

from tests.cases.conftest import Up
from tests.commandline import CommandLine


def test_b44_is_125_with_usage(cli: CommandLine, up: Up) -> None:
    up("b44", "echo up; cat")
    done = cli("exec", "b44")
    assert done.returncode == 125
    assert b"hull exec" in done.stderr

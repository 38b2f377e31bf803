"""B49 for what is detached: Ctrl-Z stops the client, the container goes on, fg is at its streams again."""

import pytest

from tests.cases.conftest import Terminal
from tests.cases.test_b49_job_control import SHELLS
from tests.commandline import CommandLine

SCRIPT = "while read x; do echo got-$x; done; echo over"


@pytest.mark.parametrize("way", ["attach", "start"])
@pytest.mark.parametrize("shell", SHELLS)
def test_b49_a_client_stops_and_the_container_does_not(
    cli: CommandLine, terminal: Terminal, shell: str, way: str
) -> None:
    argv, first = SHELLS[shell]
    name = f"b49-{shell}-{way}"
    cli("create", "-i", "--network", "none", "--name", name, "busybox", "sh", "-c", SCRIPT, check=True)
    if way == "attach":
        cli("start", name, check=True)
    child = terminal(*argv)
    child.expect_exact("ready> ")
    if first:
        child.sendline(first)
        child.expect_exact("ready> ")
    child.sendline(f"hull attach {name}" if way == "attach" else f"hull start -a -i {name}")
    for turn in ("one", "two"):
        child.sendline(turn)
        child.expect_exact(f"got-{turn}")
        child.send("\x1a")
        child.expect_exact("ready> ")
        assert cli("inspect", "-f", "{{.State.Status}}", name).stdout == b"running\n"
        child.sendline("fg")
    child.sendline("three")
    child.expect_exact("got-three")
    child.send("\x04")
    child.expect_exact("over")
    child.expect_exact("ready> ")
    cli("rm", "-f", name, check=True)

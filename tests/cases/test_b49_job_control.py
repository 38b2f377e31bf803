"""B49: stop and fg, as often as wanted; the prompt comes back each time."""

import sys

import pytest

from tests.cases.conftest import Terminal

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ""),
    "xonsh": (
        [sys.executable, "-m", "xonsh", "--no-rc", "-i", "-DPROMPT=ready> ", "-DSHELL_TYPE=readline"],
        "xontrib load hull",
    ),
}


@pytest.mark.parametrize("flags", ["-i", "-it"])
@pytest.mark.parametrize("shell", SHELLS)
def test_b49_stop_fg_stop_fg(terminal: Terminal, shell: str, flags: str) -> None:
    argv, first = SHELLS[shell]
    child = terminal(*argv)
    child.expect_exact("ready> ")
    if first:
        child.sendline(first)
        child.expect_exact("ready> ")
    child.sendline(
        f"hull run {flags} --rm --network none busybox sh -c 'while read x; do echo got-$x; done; echo over'"
    )
    for turn in ("one", "two"):
        child.sendline(turn)
        child.expect_exact(f"got-{turn}")
        child.send("\x1a")
        child.expect_exact("ready> ")
        child.sendline("fg")
    child.sendline("three")
    child.expect_exact("got-three")
    child.send("\x04")
    child.expect_exact("over")
    child.expect_exact("ready> ")
    child.sendline("echo still-$((40+2))" if shell == "bash" else "echo @('still-' + str(40+2))")
    child.expect_exact("still-42")

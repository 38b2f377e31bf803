"""B41: a reader that leaves ends the program by SIGPIPE, as natively."""

import subprocess

import pytest

from tests.commandline import CommandLine, program


@pytest.mark.needs("program:bash")
def test_b41_left_side_ends_with_141(cli: CommandLine) -> None:
    hull = " ".join(program())
    script = f"{hull} run --rm --network none busybox yes | head -n 1; echo ${{PIPESTATUS[*]}}"
    done = subprocess.run(["bash", "-c", script], env=cli.env(), capture_output=True, timeout=30, check=False)
    assert done.stdout == b"y\n141 0\n"
    assert done.stderr == b""


def test_b41_nothing_keeps_running(cli: CommandLine) -> None:
    inside = cli.popen("run", "--rm", "--network", "none", "busybox", "yes", stdout=subprocess.PIPE)
    assert inside.stdout is not None
    inside.stdout.read(4)
    inside.stdout.close()
    assert inside.wait(20) in (-13, 141)
    assert cli("ps", "-a", "-q").stdout == b""

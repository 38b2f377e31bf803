"""B56: a caller that ignores SIGCHLD, blocks signals or has closed its streams loses nothing."""

import subprocess

import pytest

from tests.commandline import CommandLine, program


@pytest.mark.needs("program:bash")
@pytest.mark.parametrize("before", ["trap '' CHLD", "trap '' TERM INT HUP", "exec </dev/null", "exec 0<&- 2>&-"])
def test_b56_exit_status_comes_through(cli: CommandLine, before: str) -> None:
    script = f"{before}; exec {' '.join(program())} run --rm --network none busybox sh -c 'echo in; exit 3'"
    done = subprocess.run(["bash", "-c", script], env=cli.env(), stdout=subprocess.PIPE, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (3, b"in\n")


@pytest.mark.needs("program:bash")
def test_b56_dispositions_are_reset_inside(cli: CommandLine) -> None:
    script = (
        f"trap '' CHLD TERM; exec {' '.join(program())} run --rm --network none busybox grep SigIgn /proc/self/status"
    )
    done = subprocess.run(["bash", "-c", script], env=cli.env(), stdout=subprocess.PIPE, timeout=30, check=False)
    assert int(done.stdout.split()[1], 16) == 0

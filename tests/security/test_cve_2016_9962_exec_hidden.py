"""A program inside looks at, or traces, the process that `exec` or a newcomer to its pid namespace is preparing."""

import subprocess

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Canary


@pytest.mark.parametrize("flags", [(), ("--cap-add=SYS_PTRACE",)])
def test_cve_2016_9962_nothing_of_it_is_open_before_its_program_runs(
    cli: CommandLine, up: Up, probe: str, flags: tuple[str, ...]
) -> None:
    watcher = up("cve-watch", "exec /probe watch", "-v", f"{probe}:/probe:ro", *flags)
    for _ in range(30):
        cli("exec", "cve-watch", "true", check=True)
    seen, hidden, _ = end(watcher)
    assert seen > hidden >= 30, "the watcher saw too little to mean anything"


def test_nothing_of_a_newcomer_is_open_before_its_program_runs(
    cli: CommandLine, up: Up, probe: str, canary: Canary
) -> None:
    flags = ("-v", f"{probe}:/probe:ro", "--cap-add=SYS_PTRACE")
    watcher = up("cve-watch", f"exec /probe watch {canary.file}", *flags)
    newcomer = ("run", "--rm", "--network", "none", "--pid", "container:cve-watch")
    for _ in range(10):
        cli(*newcomer, "busybox", "true", check=True)
    cli(*newcomer, "-d", "--name", "cve-newcomer", "busybox", "sleep", "300", check=True)
    assert watcher.stdout is not None
    assert watcher.stdout.readline() == b"judged\n", "an init is there to be looked at, and nothing was open before"
    cli("rm", "-f", "cve-newcomer", check=True)
    _, hidden, _ = end(watcher)
    assert hidden >= 30, "the watcher saw too little to mean anything"
    canary.assert_untouched()


def end(watcher: "subprocess.Popen[bytes]") -> list[int]:
    """End a watcher that found nothing open; return how many processes it has seen, found hidden, and judged."""
    output, _ = watcher.communicate(b"", timeout=30)
    lines = output.decode().splitlines()
    assert [line for line in lines if line.startswith("open")] == []
    return [int(word) for word in lines[-1].split()[1::2]]

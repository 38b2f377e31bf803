"""A program inside looks at, or traces, the process that `exec` is preparing."""

import subprocess

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine


@pytest.mark.parametrize("flags", [(), ("--cap-add=SYS_PTRACE",)])
def test_cve_2016_9962_nothing_of_it_is_open_before_its_program_runs(
    cli: CommandLine, up: Up, probe: str, flags: tuple[str, ...]
) -> None:
    watcher = up("cve-watch", "exec /probe watch", "-v", f"{probe}:/probe:ro", *flags)
    for _ in range(30):
        cli("exec", "cve-watch", "true", check=True)
    output, _ = watcher.communicate(b"", timeout=30)
    lines = output.decode().splitlines()
    assert [line for line in lines if line.startswith("open")] == []
    words = lines[-1].split()
    assert int(words[1]) > int(words[3]) >= 30, "the watcher saw too little to mean anything"
    assert isinstance(watcher, subprocess.Popen)

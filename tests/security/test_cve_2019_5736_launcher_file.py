"""The container reaches the launcher's file through /proc and changes it."""

import hashlib
import os

import pytest
from hull.runtime.launch import program

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

LINKS = ("/proc/1/exe", "/proc/self/exe")


def _state() -> tuple[str, int, list[str]]:
    with open(program(), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return digest, os.stat(program()).st_mode, os.listxattr(program())


@pytest.mark.parametrize(
    "extra", [(), ("--cap-add=ALL",), ("--no-init",), ("--cap-add=ALL", "--security-opt=seccomp=unconfined")]
)
def test_cve_2019_5736_process_one(run: Run, probe: str, extra: tuple[str, ...]) -> None:
    before = _state()
    done = run(*extra, "-v", f"{probe}:/probe:ro", "busybox", "sh", "-c", "/probe program /proc/1/exe; true")
    assert _state() == before, done
    if "--no-init" not in extra:
        assert b"ok" not in done.stdout, done


def test_cve_2019_5736_an_image_that_starts_proc_self_exe(run: Run, probe: str) -> None:
    before = _state()
    done = run("busybox", "/proc/self/exe", "--plan", "/proc/self/exe")
    assert done.returncode in (125, 126, 127), done
    assert _state() == before


def test_cve_2019_5736_exec(cli: CommandLine, up: Up, probe: str) -> None:
    before = _state()
    script = "echo up; while read line; do :; done; for p in /proc/[0-9]*/exe; do /probe program $p; done"
    container = up("cve-exe", script, "-v", f"{probe}:/probe:ro")
    for _ in range(5):
        cli("exec", "cve-exe", "true", check=True)
    container.communicate(b"", timeout=30)
    assert _state() == before

"""The container reaches the launcher's file through /proc and changes it.

The launcher is a copy that the caller owns, as after `pip install`: inside, its owner is root.
"""

import hashlib
import os
import shutil
import stat
import subprocess

import pytest
from hull.runtime import ops
from hull.runtime.launch import program

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Run

ATTACK = "for link in /proc/[0-9]*/exe; do /probe program $link; done"
LOOSE = ("--cap-add=ALL", "--security-opt=seccomp=unconfined")


class Launcher:
    """The caller's own launcher."""

    def __init__(self, path: str) -> None:
        self.path = path
        shutil.copyfile(program(), path)
        os.chmod(path, 0o755)
        self.before = self.state()

    def state(self) -> tuple[str, int, int, int, list[str]]:
        with open(self.path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        found = os.stat(self.path)
        return digest, stat.S_IMODE(found.st_mode), found.st_uid, found.st_mtime_ns, os.listxattr(self.path)


@pytest.fixture
def launcher(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Launcher:
    own = Launcher(str(tmp_path_factory.mktemp("bin") / "hull-launch"))
    monkeypatch.setenv("HULL_LAUNCHER", own.path)
    return own


@pytest.mark.parametrize("extra", [(), ("--cap-add=SYS_PTRACE",), ("--no-init",), LOOSE], ids=" ".join)
def test_cve_2019_5736_process_one(run: Run, probe: str, launcher: Launcher, extra: tuple[str, ...]) -> None:
    done = run(*extra, "-v", f"{probe}:/probe:ro", "busybox", "sh", "-c", ATTACK)
    assert done.stdout.count(b"write") >= 1, done
    assert launcher.state() == launcher.before, done


@pytest.mark.parametrize("extra", [(), LOOSE, ("--no-init", *LOOSE)], ids=" ".join)
def test_cve_2019_5736_an_image_that_starts_the_launcher(
    run: Run, probe: str, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory, extra: tuple[str, ...]
) -> None:
    directory = tmp_path_factory.mktemp("plan")
    plan = [("init",), ("capabilities", "00000000a80425fb", "0"), ("arg", "/bin/sh"), ("arg", "-c"), ("arg", ATTACK)]
    (directory / "plan").write_bytes(ops.encode(plan))
    directory.chmod(0o755)
    mounts = ("-v", f"{probe}:/probe:ro", "-v", f"{directory}:/d:ro")
    done = run(*extra, *mounts, "busybox", "/proc/self/exe", "--plan", "/d/plan")
    assert not extra or b"chmod" in done.stdout, "the attack itself must run"
    assert launcher.state() == launcher.before, done


def test_cve_2019_5736_exec(
    cli: CommandLine, up: Up, probe: str, launcher: Launcher, children: list["subprocess.Popen[bytes]"]
) -> None:
    """`exec` is made to start the launcher itself, which then waits, beside a program that attacks it."""
    script = "mkfifo /pipe; ln -s /proc/self/exe /bin/tool; echo up; cat"
    up("cve-exe", script, "-v", f"{probe}:/probe:ro")
    waiting = cli.popen("exec", "cve-exe", "tool", "--plan", "/pipe", stderr=subprocess.PIPE)
    children.append(waiting)
    there = "until ls -l /proc/[0-9]*/exe 2>/dev/null | grep -q hull-launch; do :; done"
    done = cli("exec", "cve-exe", "sh", "-c", f"{there}; {ATTACK}")
    assert b"chmod ok" in done.stdout, "the attack itself must reach something"
    assert launcher.state() == launcher.before, done
    cli("exec", "cve-exe", "sh", "-c", "echo >/pipe")
    assert waiting.wait(20) == 125

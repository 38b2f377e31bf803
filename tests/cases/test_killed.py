"""SIGKILL of the shell, of hull or of the launcher leaves nothing running; the next command reports and cleans."""

import os
import signal
import subprocess
import time

import pytest

from tests.commandline import CommandLine

pytestmark = [pytest.mark.single_id, pytest.mark.as_root]


def processes(mark: str) -> list[str]:
    """Return the processes whose command line or environment holds `mark`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if mark.encode() in line and int(pid) != os.getpid():
            found.append(pid)
    return found


def await_line(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"


def await_count(mark: str, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(processes(mark)) != count:
        assert time.monotonic() < deadline, processes(mark)
        time.sleep(0.02)


@pytest.mark.parametrize("network", ["none", "default"])
@pytest.mark.parametrize("remove", [True, False])
def test_a_killed_launcher_takes_everything_with_it(fresh_cli: CommandLine, network: str, remove: bool) -> None:
    mark = f"3{os.getpid()}{int(remove)}{len(network)}"
    words = ["run", "--network", network, *(["--rm"] if remove else []), "--name", "victim", "busybox"]
    child = fresh_cli.popen(*words, "sh", "-c", f"echo up; sleep {mark} & sleep {mark}", stdout=subprocess.PIPE)
    await_line(child)
    await_count(f"sleep\0{mark}", 2)
    child.kill()  # the command became the launcher: one process
    child.communicate()
    await_count(mark, 0)
    listed = fresh_cli("ps", "-a", check=True)
    if remove:
        assert b"removed what was left of victim" in listed.stderr
        assert b"victim" not in listed.stdout
        assert os.listdir(f"{fresh_cli.root}/containers") == []
    else:
        assert b"Exited (137)" in listed.stdout
        fresh_cli("rm", "victim", check=True)
        assert os.listdir(f"{fresh_cli.root}/containers") == []


def test_the_next_run_cleans_too(fresh_cli: CommandLine) -> None:
    mark = f"4{os.getpid()}"
    child = fresh_cli.popen(
        "run", "--rm", "--network", "none", "busybox", "sh", "-c", f"echo up; sleep {mark}", stdout=-1
    )
    await_line(child)
    child.kill()
    child.communicate()
    await_count(mark, 0)
    done = fresh_cli("run", "--rm", "--network", "none", "busybox", "true", check=True)
    assert b"removed what was left" in done.stderr
    assert os.listdir(f"{fresh_cli.root}/containers") == []


def test_a_killed_shell_ends_nothing_but_itself_and_the_container_is_finished(fresh_cli: CommandLine) -> None:
    """The launcher outlives the shell by the container's time, then writes its record and removes what it should."""
    script = f"{' '.join(fresh_cli.argv())} run --rm --network none busybox sh -c 'echo up; read x; exit 3'"
    reader, writer = os.pipe()
    with subprocess.Popen(["sh", "-c", f"{script}; :"], env=fresh_cli.env(), stdin=reader, stdout=-1) as shell:
        os.close(reader)
        await_line(shell)
        shell.send_signal(signal.SIGKILL)
        shell.wait()
        assert len(os.listdir(f"{fresh_cli.root}/containers")) == 1
        os.close(writer)
        deadline = time.monotonic() + 10
        while os.listdir(f"{fresh_cli.root}/containers"):
            assert time.monotonic() < deadline
            time.sleep(0.02)

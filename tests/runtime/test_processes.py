"""A pid is trusted with its start time; signals go through a pidfd."""

import signal
import subprocess

from hull.runtime import processes
from hull.state.processes import Process, boot_id, start_tick


def test_the_caller_is_alive_and_reads_back() -> None:
    own = Process.own()
    assert own.alive
    assert Process.parse(str(own)) == own
    assert not Process.parse("nonsense").alive


def test_a_reused_pid_or_another_boot_is_somebody_else() -> None:
    own = Process.own()
    assert not own._replace(start=own.start + 1).alive
    assert not own._replace(boot="another").alive
    assert not processes.send(own._replace(start=1), signal.SIGKILL)


def test_send_and_wait() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = Process(child.pid, start_tick(child.pid), boot_id())
        assert not processes.wait(process, 0)
        assert processes.send(process, signal.SIGTERM)
        assert processes.wait(process, 10)
        assert child.wait() == -signal.SIGTERM
    assert not processes.send(process, signal.SIGTERM)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    process = Process(child.pid, start_tick(child.pid), boot_id())
    processes.wait(process, 10)
    assert not process.alive
    child.wait()

"""Signals and waiting by pidfd: what was checked is what is hit."""

import os
import select
import signal

from hull.light import Protocol

LONGEST = (1 << 31) - 1  # milliseconds that poll takes


class Process(Protocol):
    """What identifies a process; state.processes.Process is one."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def alive(self) -> bool:
        """Whether it is still the process that was meant."""


def open_(process: Process) -> int:
    """Return a pidfd of the very process, -1 if it has ended. Checked after it is open: no pid is reused."""
    if process.pid <= 0:
        return -1
    try:
        fd = os.pidfd_open(process.pid)
    except OSError:
        return -1
    if not process.alive:
        os.close(fd)
        return -1
    return fd


def send(process: Process, number: int) -> bool:
    """Send a signal; tell whether there was anybody to take it."""
    fd = open_(process)
    if fd < 0:
        return False
    try:
        signal.pidfd_send_signal(fd, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(fd)
    return True


def wait(process: Process, seconds: float | None = None) -> bool:
    """Wait for the process to end; tell whether it has."""
    fd = open_(process)
    if fd < 0:
        return True
    try:
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        return bool(poller.poll(None if seconds is None else min(seconds * 1000, LONGEST)))
    finally:
        os.close(fd)

"""Job control for IPython in a terminal: the container gets the terminal, Ctrl-C and Ctrl-Z, and gives it back."""

import os
import signal
import sys
import termios
from collections.abc import Sequence

from hull.errors import UserError
from hull.light import Any, NamedTuple

STDIN = 0


class Job(NamedTuple):
    """A stopped or resumed container."""

    process: Any
    title: str


class Jobs:
    """The containers that Ctrl-Z stopped; numbers are theirs until they end."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}

    def run(self, process: Any, title: str) -> int | None:
        """Give a process that leads its own group the terminal; return its exit code, None if it was stopped."""
        return self._hold(Job(process, title), max(self._jobs, default=0) + 1)

    def resume(self, number: str = "", *, foreground: bool = True) -> int | None:
        """Continue a stopped job, the last one if none is named."""
        self.list()
        key = int(number.lstrip("%")) if number.lstrip("%").isdigit() else max(self._jobs, default=0)
        job = self._jobs.get(key)
        if job is None:
            raise UserError(f"no such job: {number or 'none is stopped'}", "%hull jobs lists them")
        if foreground:
            return self._hold(job, key, resume=True)
        os.killpg(job.process.pid, signal.SIGCONT)
        return None

    def list(self) -> list[str]:
        """Return one line a job; forget those that ended."""
        for key in [key for key, job in self._jobs.items() if job.process.poll() is not None]:
            del self._jobs[key]
        return [f"[{key}] {job.title}" for key, job in self._jobs.items()]

    def end(self) -> None:
        """End what is left: nothing that this shell started outlives it."""
        for job in self._jobs.values():
            if job.process.poll() is None:
                os.killpg(job.process.pid, signal.SIGKILL)
                job.process.wait()
        self._jobs.clear()

    def _hold(self, job: Job, key: int, *, resume: bool = False) -> int | None:
        code = hold_terminal(job.process, resume=resume)
        if code is None:
            self._jobs[key] = job
            sys.stderr.write(f"\n[{key}] stopped  {job.title}   (%hull fg resumes it)\n")
        else:
            self._jobs.pop(key, None)
        return code


def beside(words: Sequence[str]) -> Any:
    """Start a program that leads a process group of its own, to be given the terminal: a full-screen one, say."""
    from subprocess import Popen

    sys.stdout.flush()
    return Popen(list(words), process_group=0)


def hold_terminal(process: Any, *, resume: bool = False) -> int | None:
    """Wait while `process` has the terminal; exit code, or None where it stopped. `resume` continues it first."""
    saved = termios.tcgetattr(STDIN)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        os.tcsetpgrp(STDIN, process.pid)
        if resume:
            os.killpg(process.pid, signal.SIGCONT)
        status = _wait(process.pid)
    except ProcessLookupError:
        return int(process.wait())
    finally:
        os.tcsetpgrp(STDIN, os.getpgrp())
        termios.tcsetattr(STDIN, termios.TCSADRAIN, saved)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if os.WIFSTOPPED(status):
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return int(process.returncode)


def _wait(pid: int) -> int:
    """Wait for the end or a stop that a person asked for.

    It may have touched the terminal before it had it, and been stopped for that: it has it now.
    """
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) not in (signal.SIGTTIN, signal.SIGTTOU):
            return status
        os.killpg(pid, signal.SIGCONT)

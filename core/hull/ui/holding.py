"""Wait for a program that has the terminal, and stop with it: the shell has to be able to continue both."""

import os
import signal
from typing import Any


def hold(process: Any) -> int:
    """Return a child's exit code. Where it stops, this process group does, too; continued, both go on."""
    while True:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return int(process.returncode)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.kill(process.pid, signal.SIGCONT)

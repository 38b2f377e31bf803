"""Beside the kernel's launcher until it ends: signals pass, and whoever asked for the kernel is not outlived.

Jupyter signals the whole group of what it started: the launcher has a group of its own, so that the kernel hears each
signal once. It is killed with us (HULL_TIED); that Jupyter is gone we know by its pidfd, not by a parent-death signal,
which would come when the thread ends that started us.
"""

import os
import signal
import threading

from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

PARENT = "JPY_PARENT_PID"
PASSED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
END = signal.SIGHUP  # end it now, tidily: the provisioner's word for a kill, and ours for Jupyter's end
PATIENCE = 1.0  # seconds for the kernel to end by itself


def supervise(spawn: "Callable[..., Popen[bytes]]", environ: dict[str, str]) -> int:
    """Start the launcher, pass signals on, end with the kernel; return its exit code as a shell would."""
    waited = {*PASSED, END, signal.SIGCHLD}
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, waited)  # before the child: none is missed
    try:
        env = {name: value for name, value in environ.items() if name != PARENT}
        child = spawn(process_group=0, env={**env, "HULL_TIED": str(os.getpid())})
        _watch(int(environ.get(PARENT) or os.getppid()))
        while child.poll() is None:
            number = signal.sigwait(waited)
            if number == END:
                _end(child)
            elif number != signal.SIGCHLD:
                child.send_signal(number)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _end(child: "Popen[Any]") -> None:
    from subprocess import TimeoutExpired

    child.terminate()
    try:
        child.wait(PATIENCE)
    except TimeoutExpired:
        child.kill()
        child.wait()


def _watch(pid: int) -> None:
    """Send ourselves END when the process is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        os.kill(os.getpid(), END)
        return
    threading.Thread(target=_await, args=(descriptor,), daemon=True).start()


def _await(descriptor: int) -> None:
    import select

    select.select([descriptor], [], [])
    os.kill(os.getpid(), END)

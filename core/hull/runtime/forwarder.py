"""Start a forwarder beside a container that runs: a launcher by another name, which ends with the container."""

import os
from collections.abc import Callable

from hull.errors import HostError, UserError
from hull.runtime import launch
from hull.state.processes import Process


def start(first: Process, argv: Callable[[int], list[str]]) -> None:
    """Return once it takes ports. `first` is the container's pid 1; argv gets a descriptor that tells its end."""
    from subprocess import PIPE

    ended = _opened(first)
    try:
        child = launch.as_launcher(argv(ended), pass_fds=(ended,), stderr=PIPE)
        told = child.communicate()[1].decode(errors="replace").strip()
    finally:
        os.close(ended)
    if child.returncode:
        raise HostError(f"cannot publish ports: {told or 'the forwarder ended without a word'}", "hull doctor")


def _opened(first: Process) -> int:
    try:
        ended = os.pidfd_open(first.pid)
    except OSError:
        ended = -1
    if ended < 0 or not first.alive:
        if ended >= 0:
            os.close(ended)
        raise UserError("cannot publish ports: the container has ended", "hull start it again")
    return ended

"""Numbers of ranges that were just chosen: their listeners come a moment later, and others choose meanwhile.

The numbers stand in one file of the runtime directory, each with its time; who chooses holds its lock. A number here is
nobody's property: it is only tried after the others of its range.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 10.0  # from the choice until somebody listens, on a busy machine
Recent = dict[tuple[str, int], float]  # protocol and number, when it was chosen


@contextmanager
def kept(runtime: str) -> Iterator[Recent]:
    """Give what was chosen within the last seconds, locked; what is in it at the end is kept."""
    fd = os.open(f"{runtime}/ports", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(fd, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        recent = _read(file, time.monotonic())
        yield recent
        file.seek(0)
        file.truncate()
        file.writelines(f"{protocol} {number} {at}\n" for (protocol, number), at in recent.items())


def _read(lines: Iterator[str], now: float) -> Recent:
    """Return what is recent; a line that a writer did not end says nothing."""
    recent: Recent = {}
    for line in lines:
        protocol, _, rest = line.partition(" ")
        number, _, at = rest.partition(" ")
        if at.endswith("\n") and now - SECONDS < float(at) <= now:
            recent[protocol, int(number)] = float(at)
    return recent

"""Waiting for what no event announces: always with a limit, never for longer than it takes."""

import contextlib
import os
import select
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 30


def until(check: Callable[[], Any], what: object = "it", seconds: float = PATIENCE) -> Any:
    """Return what `check` gives as soon as that is true; `what` names it, or is called, when the time is over."""
    end = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what() if callable(what) else what}")
        time.sleep(0.005)
    return found


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends in time."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds)[0])
    finally:
        os.close(fd)


def has_open(pid: int, end: str) -> bool:
    """Whether a process holds a file whose path ends like this."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"/proc/{pid}/fd/{fd}").endswith(end):
                return True
    return False


def readable(stream: Any, seconds: float = PATIENCE) -> bool:
    """Whether a descriptor or a file has something to read, its end included, in time."""
    return bool(select.select([stream], [], [], seconds)[0])

"""Locks between processes: flock on small files that stay. The kernel lets go when the holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held(
    directory: str, name: str, *, shared: bool = False, passing: bool = False, wait: bool = True
) -> Iterator[bool]:
    """Hold the lock `name`; yield whether it is held: False where another has it and it is not to be waited for.

    A `passing` one has a name that nobody will use again: its file goes.
    """
    fd = os.open(f"{directory}/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            if passing:
                os.unlink(f"{directory}/{name}.lock")
    finally:
        os.close(fd)

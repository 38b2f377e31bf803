"""Locks between processes: flock on small files that stay. The kernel lets go when the holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held(directory: str, name: str, *, shared: bool = False, passing: bool = False) -> Iterator[None]:
    """Hold the lock `name`, waiting for it. A `passing` one has a name that nobody will use again: its file goes."""
    fd = _open(directory, name)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        if passing:
            os.unlink(f"{directory}/{name}.lock")
        os.close(fd)


@contextmanager
def tried(directory: str, name: str) -> Iterator[bool]:
    """Hold the lock `name` if nobody has it; yield whether it is held."""
    fd = _open(directory, name)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)


def _open(directory: str, name: str) -> int:
    return os.open(f"{directory}/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

"""Directories that their makers hold by a lock for as long as they live: what nobody holds was left by the killed."""

import fcntl
import os
from collections.abc import Callable


def sweep(parent: str, remove: Callable[[str], None], prefix: str = "") -> None:
    """Remove the directories in `parent`, of those whose name begins so, that nobody holds."""
    for name in os.listdir(parent):
        if not name.startswith(prefix):
            continue
        try:
            lock = os.open(f"{parent}/{name}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(f"{parent}/{name}")
        except BlockingIOError:
            pass
        finally:
            os.close(lock)

"""Forget steps and remove cache mounts."""

import fcntl
import os
from contextlib import suppress

from hull.builder.mounting import CACHES
from hull.builder.workshop import remove
from hull.engine import Engine
from hull.state.steps import Steps

LOCK = ".lock"


def prune(engine: Engine, before: float) -> tuple[int, int]:
    """Forget what was last used before a time (seconds since the epoch); return how many steps, and the bytes freed.

    A cache mount that a build holds stays.
    """
    rows = engine.images.rows
    here = sum(layer.size for layer in rows.layers())
    count = Steps(engine.db).forget(before)
    engine.images.clean()
    freed = here - sum(layer.size for layer in rows.layers()) + _caches(engine, before)
    engine.history.add("builder", "prune", "", {"reclaimed": str(freed)})
    return count, freed


def caches(engine: Engine) -> list[str]:
    """Return the directories of the cache mounts."""
    base = f"{engine.paths.data}/{CACHES}"
    names = set(os.listdir(base)) if os.path.isdir(base) else set[str]()
    return [f"{base}/{name}" for name in sorted(names) if f"{name}{LOCK}" in names]


def _caches(engine: Engine, before: float) -> int:
    freed = 0
    for place in caches(engine):
        fd = os.open(f"{place}{LOCK}", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_mtime < before:
                freed += bytes_of(place)
                remove(engine, place)
        except BlockingIOError:
            pass
        finally:
            os.close(fd)
    return freed


def bytes_of(directory: str) -> int:
    """Return how much a tree holds, as far as the caller may see it."""
    total = 0
    for place, _, files in os.walk(directory):
        for name in files:
            with suppress(OSError):
                total += os.lstat(f"{place}/{name}").st_size
    return total

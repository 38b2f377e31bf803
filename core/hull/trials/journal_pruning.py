"""How long old versions are kept: as many keeps as the settings say, the latest of them."""

import os
import stat
from contextlib import suppress

from hull import config
from hull.engine import Engine
from hull.trials import journal, journal_passes, journal_reading
from hull.trials.journal import PREPARING, SETTLED


def prune(engine: Engine) -> tuple[list[str], int]:
    """Remove the keeps beyond what the settings allow, and what never began; return ids and the bytes that it freed."""
    data = engine.paths.data
    if not os.path.isdir(journal.home(data)):
        return [], 0
    most, gone, freed = config.load(engine.paths.config).keeps, [], 0
    with journal.held(data):
        busy = journal.unfinished(data)
        heads = [head for head in journal_reading.heads(data) if head.id != busy]
        settled = [head for head in heads if head.state == SETTLED]
        unborn = [head for head in heads if head.state == PREPARING and not head.passes]
        for head in (*settled[most:], *unborn):
            freed += size(f"{journal.home(data)}/{head.id}")
            journal_passes.discard(f"{journal.home(data)}/{head.id}")
            gone.append(head.id)
    return gone, freed


def size(directory: str) -> int:
    """Return the bytes of files below a directory; what may not be looked at counts as nothing."""
    total = 0
    for above, _, names in os.walk(directory):
        for name in names:
            with suppress(PermissionError, FileNotFoundError):
                found = os.lstat(f"{above}/{name}")
                total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total


def usage(engine: Engine) -> tuple[int, int, int, int]:
    """Return how many keeps there are and their bytes, and the same of those that a prune would leave."""
    data = engine.paths.data
    heads = [head for head in journal_reading.heads(data) if head.state == SETTLED]
    sizes = [size(f"{journal.home(data)}/{head.id}") for head in heads]
    most = config.load(engine.paths.config).keeps
    return len(heads), sum(sizes), len(heads[:most]), sum(sizes[:most])

"""Words about tries: which there are, their states, what changed in them, what can be opened and kept."""

import os
import stat

from hull.commands._complete_values import Asked, Pairs
from hull.light import Any

MOST_ENTRIES = 2000  # of one directory: a longer list helps nobody


def tries(asked: Asked) -> Pairs:
    """Yield tries, the latest first; those that were named are left out."""
    known = _idents(asked)
    ended = asked.place.verb.name in ("drop", "keep") and "force" not in asked.place.given
    given = set(asked.place.words)
    for one in asked.here.containers(asked.prefix):
        if one.id in known and one.name not in given and not (ended and one.state in ("running", "paused")):
            yield one.name, one.about


def states(asked: Asked) -> Pairs:
    """Yield containers that have checkpoints, tries first, then the states of the one that is named: NAME@N."""
    name, at, _ = asked.prefix.partition("@")
    if at:
        yield from _checkpoints(asked, name)
        return
    known, kept = _idents(asked), _kept(asked)
    found = [one for one in asked.here.containers(asked.prefix) if one.id in known or one.id in kept]
    for one in sorted(found, key=lambda one: one.id not in known):
        yield one.name, one.about
        if one.id in kept and len(found) == 1:
            yield from _checkpoints(asked, one.name)


def compared(asked: Asked) -> Pairs:
    """Yield what diff takes: every container and try, and states."""
    if "@" in asked.prefix:
        yield from _checkpoints(asked, asked.prefix.partition("@")[0])
        return
    known = _idents(asked)
    found = asked.here.containers(asked.prefix)
    yield from ((one.name, one.about) for one in sorted(found, key=lambda one: one.id not in known))


def keepable(asked: Asked) -> Pairs:
    """Yield tries, and where a path is begun or a try is named, the paths that differ in it."""
    if not asked.place.words and not asked.prefix.startswith(("/", ".", "~")):
        yield from tries(asked)
        return
    yield from paths(asked)


def paths(asked: Asked) -> Pairs:
    """Yield what changed in the try that is named, else in the latest, one directory's entries at a time."""
    row = _named(asked)
    if row is None:
        return
    typed = asked.prefix if asked.prefix.startswith(("/", ".", "~")) else "/"
    above, slash, start = typed.rpartition("/")
    head = f"{above}{slash}" if slash else ""
    directory = os.path.normpath(os.path.join(os.getcwd(), os.path.expanduser(head or ".")))
    seen: dict[str, str] = {}
    for layer in _layers(asked, row):
        _entries(f"{layer}{directory}", start, seen)
    yield from ((f"{head}{name}", about) for name, about in sorted(seen.items()))


def holes(_asked: Asked) -> Pairs:
    """Yield what --allow opens."""
    from hull.trials.holes import HOLES

    yield from ((hole.name, hole.text) for hole in HOLES)


def profiles(asked: Asked) -> Pairs:
    """Yield profiles: hull's own and those of the settings."""
    from hull import config
    from hull.trials import profiles as known

    found = known.table(config.load(asked.here.places.config))
    yield from ((name, profile.summary) for name, profile in found.items())


def _entries(place: str, start: str, seen: dict[str, str]) -> None:
    """Add one layer's entries; layers come with the upper one first, which is the one that counts."""
    try:
        with os.scandir(place) as found:
            for _, entry in zip(range(MOST_ENTRIES), found, strict=False):
                if entry.name.startswith(start) and entry.name not in seen and f"{entry.name}/" not in seen:
                    status = entry.stat(follow_symlinks=False)
                    gone = stat.S_ISCHR(status.st_mode) and status.st_rdev == 0
                    inner = stat.S_ISDIR(status.st_mode)
                    seen[f"{entry.name}/" if inner else entry.name] = (
                        "removed" if gone else "directory" if inner else "file"
                    )
    except OSError:
        return  # a subordinate id's directory: not this process's to read


def _idents(asked: Asked) -> set[str]:
    rows = asked.here.db.rows("SELECT id FROM containers WHERE json_extract(spec, '$.trial') IS NOT NULL")
    return {str(row[0]) for row in rows}


def _kept(asked: Asked) -> set[str]:
    return {str(row[0]) for row in asked.here.db.rows("SELECT DISTINCT container FROM checkpoints")}


def _checkpoints(asked: Asked, name: str) -> Pairs:
    import time

    from hull.state.snapshots import Snapshots
    from hull.units import span

    row = asked.here.container(name)
    if row is None:
        return
    now = time.time()
    for one in reversed(Snapshots(asked.here.db).all(row.id)):
        yield f"{name}@{one.number}", f"{one.label or one.made} · {span(max(0.0, now - one.created)).lower()} ago"


def _named(asked: Asked) -> Any:
    """Return the try that the line names, in a word or by --in, else the latest."""
    known = _idents(asked)
    words = [*asked.place.given.get("in_", ()), *asked.place.all_words]
    named = (one for one in asked.here.containers() if one.id in known and one.name in words)
    latest = (one for one in asked.here.containers() if one.id in known)
    return next(named, None) or next(latest, None)


def _layers(asked: Asked, row: Any) -> list[str]:
    from hull.state.snapshots import Snapshots
    from hull.storage import snapshots

    found = snapshots.stack(asked.here.paths, row.id, Snapshots(asked.here.db).stack(row.id).layers)
    return [*reversed(found.all)]

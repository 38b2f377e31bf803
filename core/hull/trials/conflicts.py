"""What stands against a keep or an undo: files of this machine that changed since the try, or since the keep."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress

from hull.errors import UserError
from hull.light import NamedTuple
from hull.trials import journal_prints, journal_reading
from hull.trials.changes import TIME, TYPE, Change
from hull.trials.journal import SETTLED, Mark, Meta, Place, Plan
from hull.trials.journal_places import Places, at
from hull.trials.keeping_choosing import Chosen, is_below, spelt

SHOWN = 20  # lines of a message; the rest is counted


class Conflict(NamedTuple):
    """A path and what speaks against it."""

    path: str
    reason: str


class Known(NamedTuple):
    """What earlier keeps of the same try left on the host: there it changed since the try copied it, by them."""

    marks: dict[str, Mark]
    metas: dict[str, Place]

    @classmethod
    def read(cls, data: str, container: str) -> "Known":
        """Return what the store knows of a try's keeps, the latest last."""
        known = cls({}, {})
        for head in reversed(journal_reading.heads(data)):
            if head.container != container or head.state != SETTLED:
                continue
            plan = journal_reading.read(data, head.id)
            for unit in plan.units:
                known.marks.update((f"{unit.path}/{name}", mark) for name, mark in unit.prints)
                if unit.here is not None:
                    known.marks[unit.path] = unit.here
            known.metas.update((place.path, place) for place in plan.places if place.asked)
        return known

    def has(self, path: str, here: os.stat_result) -> bool:
        """Whether a file is as a keep left it."""
        mark, place = self.marks.get(path), self.metas.get(path)
        if mark is not None and Mark.of(here) == mark:
            return True
        meta = (stat.S_IMODE(here.st_mode), here.st_uid, here.st_gid, here.st_mtime_ns)
        return place is not None and (here.st_ino, *meta) == (place.inode, *place.here[:3], place.here.modified)


def of_keep(chosen: list[Chosen], places: Places, known: Known, force: tuple[str, ...] = ()) -> list[Conflict]:
    """Return what changed on the host after the try had copied it, or came where the try put something."""
    found: list[Conflict] = []
    top = ""  # they come in the order of paths: what is below a tree follows it
    for one in chosen:
        path = one.change.path
        if (top and is_below(path, (top,))) or is_below(path, force):
            continue
        ours = one.here is not None and known.has(path, one.here)
        reason = _above(one, places) or ("" if ours else _against(one.change, one.here))
        if reason:
            found.append(Conflict(path, reason))
        elif one.change.kind == "removed" or TYPE in one.change.what:
            found += _below(one, places, known)
        if one.is_directory and one.replaces:
            top = path
    return found


def _above(one: Chosen, places: Places) -> str:
    try:
        places.home(one.change.path)
    except FileNotFoundError:
        return "its directory is gone"
    except NotADirectoryError:
        return "its directory is none any more"
    except PermissionError:
        return "" if one.root else "its directory is closed to you"
    except OSError as error:
        return f"its directory: {error.strerror}"
    return ""


def _against(change: Change, here: os.stat_result | None) -> str:
    if change.old is None:
        return "" if here is None else "something is there by now"
    if here is None:
        return "" if change.kind == "removed" else "it is gone by now"
    if change.new is not None and change.new.kind == "directory" and stat.S_ISDIR(here.st_mode):
        if set(change.what) <= {TIME}:  # entries come and go on both sides: no contradiction
            return ""
        return "its metadata may have changed since the try" if here.st_ctime_ns >= change.copied else ""
    return "it changed since the try copied it" if here.st_ctime_ns >= change.copied else ""


def _below(one: Chosen, places: Places, known: Known) -> Iterator[Conflict]:
    """Yield what is new or newer in a directory that the try removed."""
    if one.here is None or not stat.S_ISDIR(one.here.st_mode):
        return
    try:
        home = places.home(one.change.path)
        for name, mark in journal_prints.below(home.fd, home.name, still=True):
            if mark.changed >= one.change.copied and known.marks.get(f"{one.change.path}/{name}") != mark:
                yield Conflict(f"{one.change.path}/{name}", "it changed since the try removed its directory")
    except PermissionError:
        return  # whoever may not look there may not remove it, either
    except OSError as error:
        yield Conflict(one.change.path, f"it is changing right now: {error.strerror}")


def of_undo(plan: Plan, places: Places, ours: set[str], force: tuple[str, ...] = ()) -> list[Conflict]:
    """Return what is not as the last pass left it; at `ours`, paths of later passes, st_ctime tells nothing."""
    found: list[Conflict] = []
    for unit in plan.units:
        if is_below(unit.path, force):
            continue
        try:
            home = places.home(unit.path)
            here = home.status()
        except OSError as error:
            found.append(Conflict(unit.path, f"its directory: {error.strerror}"))
            continue
        if not _same(here, unit.here, loose=unit.path in ours):
            found.append(Conflict(unit.path, _changed(here, unit.here)))
        elif here is not None:
            later = journal_prints.changed(home.fd, home.name, unit.path, unit.prints, ours)
            found += [Conflict(path, "it changed since") for path in later if not is_below(path, force)]
    return found + [one for one in _metadata(plan, places) if not is_below(one.path, force)]


def _metadata(plan: Plan, places: Places) -> Iterator[Conflict]:
    from hull.trials import journal_copying, journal_metadata

    for place in plan.places:
        if not place.asked:
            continue
        try:
            fd = journal_metadata.opened(places, place)
        except OSError:
            yield Conflict(place.path, "it is not there any more")
            continue
        try:
            now = journal_metadata.of(os.fstat(fd))
            if place.here.attributes is not None:
                attributes = place.here.attributes  # of a file that the try has closed to its owner nobody can tell
                with suppress(PermissionError):
                    attributes = journal_metadata.encoded(journal_copying.attributes(at(fd)))
                now = now._replace(attributes=attributes)
            if not _alike(now, place.here, directory=stat.S_ISDIR(os.fstat(fd).st_mode)):
                yield Conflict(place.path, "its metadata changed since")
        finally:
            os.close(fd)


def _alike(now: Meta, then: Meta, *, directory: bool) -> bool:
    """Compare without the time of the last access, and of a directory without that of its entries."""
    modified = now.modified if directory else then.modified
    return now._replace(accessed=0) == then._replace(accessed=0, modified=modified)


def _same(here: os.stat_result | None, then: Mark | None, *, loose: bool) -> bool:
    if here is None or then is None:
        return here is None and then is None
    now = Mark.of(here)
    several = here.st_nlink > 1 and not stat.S_ISDIR(here.st_mode)
    return now.renamed(then) if several or loose else now == then


def _changed(here: os.stat_result | None, then: Mark | None) -> str:
    if here is None:
        return "it is gone by now"
    return "something is there by now" if then is None else "it changed since"


def refuse(found: list[Conflict], verb: str, way: Callable[[str], str]) -> None:
    """Raise UserError that lists all of them; `way` gives the command that goes ahead with a path as a shell's word."""
    if not found:
        return
    lines = [f"  {one.path!r:.200}: {one.reason}" for one in found[:SHOWN]]
    lines += [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    files = "1 file" if len(found) == 1 else f"{len(found)} files"
    message = "\n".join([f"cannot {verb}: {files} changed on this machine meanwhile; nothing was done", *lines])
    raise UserError(message, way(spelt(found[0].path)))

"""From chosen changes to a transaction: which names are exchanged, which directories get which metadata and times."""

import os
import stat

from hull.errors import UserError
from hull.light import NamedTuple
from hull.storage import trialmounts
from hull.trials import journal_copying, journal_metadata
from hull.trials.changes import ADDED, MODE, OWNER, REMOVED, TYPE, XATTR, Change
from hull.trials.journal import Mark, Meta, Place, Unit
from hull.trials.journal_places import Places, at
from hull.trials.keeping_choosing import Chosen, is_below, spelt
from hull.trials.keeping_owners import Owners


class Prepared(NamedTuple):
    """`trees` are what comes with each unit by its number; `files` what is read, in order: (layer, path)."""

    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    trees: dict[int, list[Chosen]]
    files: list[tuple[str, str]]


class Planner:
    """Makes units and places; `changes` are all of the try, chosen or not."""

    def __init__(self, places: Places, owners: Owners, changes: list[Change]) -> None:
        self._at, self._owners = places, owners
        self._changes = {change.path: change for change in changes}
        self._units: list[Unit] = []
        self._trees: dict[int, list[Chosen]] = {}
        self._places: dict[str, Place] = {}
        self._mounts: list[str] | None = None

    def plan(self, chosen: list[Chosen], contents: dict[str, bytes]) -> Prepared:
        """Return the transaction of chosen changes, which come in the order of paths, parents first."""
        top = ""
        for one in chosen:
            if top and is_below(one.change.path, (top,)):
                self._trees[len(self._units)].append(one)
                continue
            top = ""
            if one.change.kind == REMOVED or one.replaces:
                self._unit(one)
                top = one.change.path
            else:
                self._metadata(one)
        files = [
            (one.change.layer, one.change.path)
            for tree in self._trees.values()
            for one in tree
            if one.change.new is not None and one.change.new.kind == "file" and one.change.path not in contents
        ]
        return Prepared(tuple(self._places.values()), tuple(self._units), self._trees, files)

    def _unit(self, one: Chosen) -> None:
        number = len(self._units) + 1
        self._unmounted(one)
        here = None if one.here is None else Mark.of(one.here)
        self._units.append(Unit(number, one.change.path, here))
        if one.change.new is not None:
            self._trees[number] = [one]
        self._parent(one)

    def _unmounted(self, one: Chosen) -> None:
        """Raise where a file system is mounted in a directory that goes: it would go along, and be emptied later."""
        if one.here is None or not stat.S_ISDIR(one.here.st_mode):
            return
        path = one.change.path
        if self._mounts is None:
            self._mounts = [mounted.path for mounted in trialmounts.read()]
        there = next((mount for mount in self._mounts if is_below(mount, (path,))), "")
        if there:
            raise UserError(
                f"cannot keep that {path!r} goes: something is mounted at {there!r}; nothing was done",
                f"umount {spelt(there)}, or keep without it: --skip {spelt(path)}",
            )

    def _parent(self, one: Chosen) -> None:
        """Let the directory keep its times, or have the try's where names came or went."""
        path = os.path.dirname(one.change.path)
        place = self._places.get(path) or self._place(path)
        change = self._changes.get(path)
        names = one.change.kind in (ADDED, REMOVED)
        if names and not place.asked and change is not None and change.new is not None and TYPE not in change.what:
            modified = self._time(path, change)
            place = place._replace(there=place.there._replace(modified=modified))
        self._places[path] = place

    def _place(self, path: str) -> Place:
        found = os.stat(at(self._at.directory(os.fsencode(path))))
        meta = journal_metadata.of(found)
        return Place(path, found.st_dev, found.st_ino, meta, meta)

    def _time(self, path: str, change: Change) -> int:
        """Return the time of a directory: of two that changed on both sides the later."""
        new, found = change.new, os.stat(at(self._at.directory(os.fsencode(path))))
        mine = 0 if new is None else new.mtime
        return max(mine, found.st_mtime_ns) if found.st_ctime_ns >= change.copied else mine

    def _metadata(self, one: Chosen) -> None:
        """Record metadata that is set where the file or directory is."""
        change, here = one.change, one.here
        if change.new is None or here is None:
            return
        fd = self._at.home(change.path).open(os.O_PATH)
        try:
            old = journal_metadata.of(here)
            there = self._wanted(one, old)
            if XATTR in change.what:
                found = journal_copying.attributes(at(fd))
                above = os.stat(at(self._at.home(change.path).fd))
                wanted = self._owners.attributes(change.new.xattrs, above)
                old = old._replace(attributes=journal_metadata.encoded(found))
                there = there._replace(attributes=journal_metadata.encoded(wanted))
        finally:
            os.close(fd)
        self._places[change.path] = Place(change.path, here.st_dev, here.st_ino, old, there, True)

    def _wanted(self, one: Chosen, old: Meta) -> Meta:
        change, here = one.change, one.here
        if change.new is None or here is None:
            return old
        modified = change.new.mtime
        if stat.S_ISDIR(here.st_mode):
            modified = self._time(change.path, change)
        mode = change.new.mode if MODE in change.what else old.mode
        uid, gid = (one.uid, one.gid) if OWNER in change.what else (old.uid, old.gid)
        return Meta(mode, uid, gid, old.accessed, modified)

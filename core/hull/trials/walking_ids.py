"""Ids of files as the root of a try sees them: of its layers, and of this machine's own files."""

import os

from hull.light import NamedTuple
from hull.model import Identity, IdMap, id_inside, id_outside
from hull.trials import stacks_marks, walking_entries, walking_places
from hull.trials.changes import CHANGED, CONTENT, MODE, OWNER, TIME, TYPE, XATTR, Change, Entry
from hull.trials.walking_trees import Told

NOBODY = 65534
_ORDER = (CONTENT, MODE, OWNER, XATTR, TIME, TYPE)


class Ids(NamedTuple):
    """`identity` is the try's; `confined` that of the child which looked at its layers, None where nobody was."""

    identity: Identity
    confined: Identity | None = None

    def of_layer(self, entry: Entry) -> Entry:
        """Return a layer's entry, seen by whoever looked, with the ids inside."""
        if self.confined is not None and self.confined.uids == self.identity.uids:
            return entry
        seen = self.confined
        uid = entry.uid if seen is None else _outside(entry.uid, seen.uids)
        gid = entry.gid if seen is None else _outside(entry.gid, seen.gids)
        return entry._replace(uid=inside(uid, self.identity.uids), gid=inside(gid, self.identity.gids))

    def of_host(self, entry: Entry, uid: int, gid: int) -> Entry:
        """Return an entry of this machine's, which belongs to `uid` and `gid`, with the ids that a try shows."""
        if self.identity.flavour == "single" or os.geteuid() == 0:
            return entry._replace(uid=0, gid=0)
        return entry._replace(uid=_shown(uid, self.identity.uids), gid=_shown(gid, self.identity.gids))


class Settler:
    """Gives changes the ids inside and decides about owners; `host` where the base is this machine."""

    def __init__(self, ids: Ids, *, host: bool) -> None:
        self._ids, self._host = ids, host
        asked = host and ids.confined is not None and os.geteuid()  # a child saw the files without their owners
        self._places = walking_places.host() if asked else None

    def close(self) -> None:
        """Close what is open."""
        if self._places is not None:
            self._places.close()

    def settle(self, told: Told) -> Change | None:
        """Return the change as it is seen inside; None for what is none."""
        change = told.change
        new = None if change.new is None else self._ids.of_layer(change.new)
        if change.old is None:
            return change._replace(new=new)
        if not (told.based and self._host):
            return change._replace(new=new, old=self._ids.of_layer(change.old))
        return self._against_host(change, new)

    def _against_host(self, change: Change, new: Entry | None) -> Change | None:
        old, blind = self._true(change)
        what = set(change.what)
        if new is not None and change.kind == CHANGED and TYPE not in what:
            if (old.uid, old.gid) != (new.uid, new.gid):
                what.add(OWNER)
            if blind and not change.blind:
                what = what - {CONTENT} | ({CONTENT} if new.size else set())
            if not what:
                return None
        ordered = tuple(word for word in _ORDER if word in what)
        return change._replace(what=ordered, old=old, new=new, blind=blind)

    def _true(self, change: Change) -> tuple[Entry, bool]:
        """Return the host's entry with its owner as shown inside, and whether the try saw an empty file."""
        old = change.old
        assert old is not None  # noqa: S101 (the caller looked)
        if self._places is None:
            return self._ids.of_host(old, old.uid, old.gid), change.blind
        try:
            fd, name = self._places.parent(change.path)
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        except OSError:
            return self._ids.of_host(old, NOBODY, NOBODY), change.blind
        blind = change.blind or (old.kind == "file" and self._is_closed(fd, name, found, change))
        shown = self._ids.of_host(old, found.st_uid, found.st_gid)
        return (shown._replace(size=0) if blind else shown), blind

    def _is_closed(self, fd: int, name: str, found: os.stat_result, change: Change) -> bool:
        """Whether the caller may not read it; of their own a try may have seen either, and an empty one tells."""
        if found.st_mode & walking_entries.READ == walking_entries.READ:
            return False
        if found.st_uid == os.geteuid() and (change.new is None or change.new.size):
            return False
        return not os.access(stacks_marks.place(fd, name), os.R_OK, effective_ids=True, follow_symlinks=False)


def inside(outside: int, extents: tuple[IdMap, ...]) -> int:
    """Return what a map shows of an id, NOBODY where it has none."""
    found = id_inside(extents, outside)
    return NOBODY if found is None else found


def _outside(inside: int, extents: tuple[IdMap, ...]) -> int:
    found = id_outside(extents, inside)
    return -1 if found is None else found


def _shown(ident: int, extents: tuple[IdMap, ...]) -> int:
    """Return the caller's own id, or a subordinate one, as the map has it; others keep their number where it has it."""
    found = inside(ident, extents)
    if found != NOBODY:
        return found
    return NOBODY if id_outside(extents, ident) is None else ident

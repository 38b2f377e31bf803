"""Walk two stacks of layers that stand on one base side by side, and yield what differs.

Only directories that some layer not common to both holds are visited: the cost is that of the change, not of the tree.
"""

import os
from collections.abc import Iterator

from hull.light import NamedTuple
from hull.trials import stacks, stacks_marks, walking_entries
from hull.trials.changes import ADDED, CHANGED, MODE, REMOVED, TYPE, XATTR, Change
from hull.trials.stacks import BASE, Found, Name, Part, Parts
from hull.trials.walking_entries import Side
from hull.trials.walking_placeholders import Placeholders


class Told(NamedTuple):
    """A change with ids as this process sees them; `based`: the old entry is the base's."""

    change: Change
    based: bool


class Sides(NamedTuple):
    """The same directory in the new and in the old stack; None where it is none."""

    path: str
    new: Parts | None
    old: Parts | None


class Walk:
    """One comparison. `layers` are the directories by number; `skipped` are placeholders, no leading slash.

    `only` are paths: what lies neither on the way to one nor below one is not visited. `owners` is false where those of
    the base mean something else than those of layers: `what` of what is based leaves them out, and may be empty.
    In `pieces` attributes of the base were shown.
    """

    def __init__(
        self,
        layers: tuple[str, ...],
        skipped: frozenset[str] = frozenset(),
        only: tuple[str, ...] = (),
        *,
        owners: bool = True,
        pieces: tuple[str, ...] = ("/",),
    ) -> None:
        self._layers, self._owners, self._pieces = layers, owners, pieces
        self._placeholders = Placeholders(skipped)
        self._only = tuple(path.rstrip("/") or "/" for path in only)

    def changes(self, new: Parts, old: Parts) -> Iterator[Told]:
        """Yield changes in the order of paths, parents first; of what was removed the topmost path only."""
        root = self._root(new, old)
        if root is not None and self._wanted(root.change):
            yield root
        yield from self._below(Sides("", new, old))

    def _below(self, top: Sides) -> Iterator[Told]:
        pending: list[tuple[Sides, Iterator[str], Name | None]] = [(top, self._names(top), None)]
        try:
            while pending:
                sides, names, opened = pending[-1]
                base = next(names, None)
                if base is None:
                    pending.pop()
                    if opened is not None:
                        opened.close()
                    continue
                name = Name(base)
                try:
                    told, below = self._one(name, sides)
                except BaseException:
                    name.close()
                    raise
                if told is not None and self._wanted(told.change):
                    yield told
                if below is None:
                    name.close()
                else:
                    pending.append((below, self._names(below), name))
        finally:
            for _, _, left in pending:
                if left is not None:
                    left.close()

    def _names(self, sides: Sides) -> Iterator[str]:
        """Return the names that may differ: those of the parts that are not common to both."""
        new, old = sides.new or (), sides.old or ()
        common = stacks.shared(new, old)
        found = stacks.names((*new[: len(new) - common], *old[: len(old) - common]))
        return iter(sorted(name for name in found if self._leads(f"{sides.path}/{name}")))

    def _one(self, name: Name, sides: Sides) -> tuple[Told | None, Sides | None]:
        path = f"{sides.path}/{name.name}"
        new = name.resolve(sides.new or ())
        old = name.resolve(sides.old or ())
        if new is None:
            return (None if old is None else self._removed(name, path, sides, old)), None
        if old is None and self._placeholders.are(name.name, path, new):
            return None, None
        parts = Sides(path, name.open(new), name.open(old))
        told = self._told(name, path, new, old)
        same = [part.layer for part in parts.new or ()] == [part.layer for part in parts.old or ()]
        return told, (None if parts.new is None or same else parts)

    def _removed(self, name: Name, path: str, sides: Sides, old: Found) -> Told | None:
        side = walking_entries.side(name.name, old)
        if side is None or self._placeholders.are(name.name, path, old):
            return None
        copied = name.birth(sides.new or ()) or self._hidden_since(sides.new or ())
        return Told(Change(REMOVED, path, old=side.entry, copied=copied, blind=side.blind), old.part.layer == BASE)

    def _hidden_since(self, above: Parts) -> int:
        """Return the birth of the opaque directory that hides a name without a mark of its own."""
        if not above or above[0].layer == BASE:
            return 0
        return stacks_marks.birth(above[0].fd, ".", os.fstat(above[0].fd))

    def _told(self, name: Name, path: str, new: Found, old: Found | None) -> Told | None:
        if old is not None and old.part.layer == new.part.layer:
            return None
        mine = walking_entries.side(name.name, new)
        theirs = None if old is None else walking_entries.side(name.name, old)
        if mine is None:
            return None
        layer, copied = self._origin(name.name, new)
        if theirs is None:
            return Told(Change(ADDED, path, new=mine.entry, layer=layer, copied=copied), based=False)
        timed = old is not None and self._placeholders.timed(name.name, path, new, old)
        based = theirs.found.part.layer == BASE
        owner = self._owners or not based
        shown = not based or any(_within(path, piece) for piece in self._pieces)
        what = walking_entries.differing(name.name, theirs, mine, time=not timed, owner=owner, shown=shown)
        if not what and owner:
            return None
        return Told(Change(CHANGED, path, what, theirs.entry, mine.entry, layer, copied, blind=theirs.blind), based)

    def _origin(self, name: str, new: Found) -> tuple[str, int]:
        """Return the layer that holds an entry, and when it came there."""
        if new.part.layer == BASE:
            return "", 0
        return self._layers[new.part.layer], stacks_marks.birth(new.part.fd, name, new.status)

    def _root(self, new: Parts, old: Parts) -> Told | None:
        """Compare the roots themselves: mode and attributes; the owner and the time are hull's doing."""
        if new[0].layer == old[0].layer:
            return None
        sides = [_whole(parts[0]) for parts in (new, old)]
        if None in sides:
            return None
        mine, theirs = (side for side in sides if side is not None)
        what = tuple(w for w in walking_entries.differing(".", theirs, mine) if w in (MODE, XATTR))
        if not what:
            return None
        layer, copied = self._origin(".", mine.found)
        entry = theirs.entry._replace(uid=mine.entry.uid, gid=mine.entry.gid)
        return Told(Change(CHANGED, "/", what, entry, mine.entry, layer, copied), based=False)

    def _leads(self, path: str) -> bool:
        return not self._only or any(_within(path, one) or _within(one, path) for one in self._only)

    def _wanted(self, change: Change) -> bool:
        """Whether it was asked for: what ends all below a path that was is, too."""
        ends = change.kind == REMOVED or TYPE in change.what
        return ends or not self._only or any(_within(change.path, one) for one in self._only)


def _within(path: str, above: str) -> bool:
    """Whether `path` is `above` or lies below it, by components."""
    return above in (path, "/") or path.startswith(f"{above}/")


def _whole(part: Part) -> Side | None:
    return walking_entries.side(".", Found(part, os.fstat(part.fd)))

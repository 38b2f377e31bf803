"""What package managers did, from the files that they keep: which packages came, went and changed, and whose files are.

Only what a change names is read, bounded; what cannot be understood is left to the list of files.
"""

import os
from collections.abc import Iterator

from hull.light import NamedTuple, Protocol
from hull.trials.changes import ADDED, Change

MOST = 64 << 20  # bytes of a package manager's file


class Contents(Protocol):
    """Reads both sides: the size, -1 where there is no file, and the bytes."""

    def old(self, change: Change, most: int) -> tuple[int, bytes]:
        """Read the old one."""

    def new(self, change: Change, most: int) -> tuple[int, bytes]:
        """Read the new one."""


class Row(NamedTuple):
    """One package, account or unit. `manager` is apt, pip, npm, gem, cargo, user, group or unit; `verb` what happened.

    `old` and `new` are versions, "" where there is none; `paths` the changed paths that belong to it.
    """

    manager: str
    verb: str
    name: str
    old: str = ""
    new: str = ""
    paths: tuple[str, ...] = ()


class Found(NamedTuple):
    """Rows with every path that their files lists name, whether it changed or not."""

    row: Row
    owned: frozenset[str]


def summary(changes: list[Change], contents: Contents) -> list[Row]:
    """Return what package managers did; each changed path belongs to one row at most."""
    from hull.trials import packages_debian, packages_others, packages_python

    known = {change.path: change for change in changes}
    found: list[Found] = []
    for part in (packages_debian.found, packages_python.found, packages_others.found):
        found += part(known, contents)
    return list(_with_paths(found, changes))


def _with_paths(found: list[Found], changes: list[Change]) -> Iterator[Row]:
    owners: dict[str, int] = {}
    for number, one in enumerate(found):
        for path in one.owned:
            owners.setdefault(path, number)
    paths: dict[int, list[str]] = {}
    for change in changes:
        number = owners.get(change.path, owners.get(_target(change), -1))
        if number >= 0:
            paths.setdefault(number, []).append(change.path)
    for number, one in enumerate(found):
        yield one.row._replace(paths=tuple(paths.get(number, ())))


def _target(change: Change) -> str:
    """Return where a new link leads: a package's scripts make those to its own files."""
    if change.kind != ADDED or change.new is None or change.new.kind != "link":
        return ""
    return os.path.normpath(os.path.join(os.path.dirname(change.path), change.new.target))


def compared(manager: str, old: dict[str, str], new: dict[str, str]) -> list[Row]:
    """Return a row for each name whose version is another: installed, removed or upgraded."""
    rows = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, ""), new.get(name, "")
        if name not in old:
            rows.append(Row(manager, "installed", name, "", after))
        elif name not in new:
            rows.append(Row(manager, "removed", name, before, ""))
        elif before != after:
            rows.append(Row(manager, "changed", name, before, after))
    return rows


def texts(change: Change, contents: Contents) -> tuple[str, str]:
    """Return both sides of a file as text, "" where there is none."""
    sides = (contents.old(change, MOST)[1], contents.new(change, MOST)[1])
    old, new = (data.decode("utf-8", "surrogateescape") for data in sides)
    return old, new

"""What was moved: an added file with the content of a removed one, an added directory that holds what another held.

Both sides stay in the list; the added one knows its old path. No file is read whose size nothing removed has, and no
more than a bounded number of bytes and files: renames are for people to read, none is missed dearly.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from hull.light import Protocol
from hull.trials.changes import ADDED, REMOVED, Change

MOST_BYTES = 256 << 20
MOST_FILES = 10_000
MOST_PAIRS = 256  # of directories
_TRIED = 3  # files of a directory that are looked at before the others


class Digests(Protocol):
    """What tells contents: of an old path with a size, of a new file; None where there is no such."""

    def old_at(self, path: str, size: int) -> bytes | None:
        """Tell an old file by its path and size."""

    def new_at(self, change: Change) -> bytes | None:
        """Tell a new file."""


class Budget:
    """Counts what is read; `spend` is false once it would be too much."""

    def __init__(self) -> None:
        self._bytes, self._files = MOST_BYTES, MOST_FILES

    def spend(self, size: int) -> bool:
        """Whether a file of this size may be read still."""
        self._bytes -= size
        self._files -= 1
        return self._bytes >= 0 and self._files >= 0


def found(changes: list[Change], reading: Callable[[], Digests]) -> list[Change]:
    """Return the changes; those that are where something else went have its old path in `renamed`."""
    removed = [change for change in changes if change.kind == REMOVED and change.old is not None]
    files = [change for change in changes if _is_file(change)]
    sizes = {change.old.size for change in removed if change.old is not None and change.old.kind == "file"}
    trees = [change.path for change in removed if change.old is not None and change.old.kind == "directory"]
    alike = [change for change in files if change.new is not None and change.new.size in sizes]
    if not alike and not (trees and files):
        return changes
    reader, budget = reading(), Budget()
    moved = _directories(changes, trees, files, reader, budget)
    taken = set(moved.values())
    rest = [change for change in alike if change.path not in moved]
    moved |= _files([change for change in removed if change.path not in taken], rest, reader, budget)
    return [change._replace(renamed=moved[change.path]) if change.path in moved else change for change in changes]


def _is_file(change: Change) -> bool:
    return change.kind == ADDED and change.new is not None and change.new.kind == "file" and change.new.size > 0


def _files(removed: list[Change], added: list[Change], reader: Digests, budget: Budget) -> dict[str, str]:
    """Return the old paths of files, by the new; of several of one content the first goes with the first."""
    known: dict[bytes, list[str]] = {}
    wanted = {change.new.size for change in added if change.new is not None}
    for change in removed:
        if change.old is not None and change.old.kind == "file" and change.old.size in wanted and not change.blind:
            digest = reader.old_at(change.path, change.old.size) if budget.spend(change.old.size) else None
            if digest:
                known.setdefault(digest, []).append(change.path)
    moved: dict[str, str] = {}
    for change in added if known else ():
        digest = reader.new_at(change) if change.new is not None and budget.spend(change.new.size) else None
        if digest and known.get(digest):
            moved[change.path] = _nearest(known[digest], change.path)
            known[digest].remove(moved[change.path])
    return moved


def _nearest(paths: list[str], path: str) -> str:
    """Return one of several with the same content: of the same name where one is."""
    name = path.rpartition("/")[2]
    return next((one for one in paths if one.rpartition("/")[2] == name), paths[0])


def _directories(
    changes: list[Change], removed: list[str], files: list[Change], reader: Digests, budget: Budget
) -> dict[str, str]:
    """Return the old paths of directories and of the files in them, by the new."""
    moved: dict[str, str] = {}
    if not removed:
        return moved
    below = _grouped(set(_topmost(changes)), files)
    pairs = ((old, new) for old in removed for new in sorted(below, key=partial(_unlike, old)))
    for old, new in islice(pairs, MOST_PAIRS):
        if new in moved or old in moved.values():
            continue
        same = _matching(old, new, below[new], reader, budget)
        if 2 * len(same) > len(below[new]):
            moved |= {new: old, **same}
    return moved


def _unlike(old: str, new: str) -> bool:
    return old.rpartition("/")[2] != new.rpartition("/")[2]


def _topmost(changes: list[Change]) -> Iterator[str]:
    above = "\0"
    for change in changes:
        is_new = change.kind == ADDED and change.new is not None and change.new.kind == "directory"
        if is_new and not change.path.startswith(above):
            above = f"{change.path}/"
            yield change.path


def _grouped(directories: set[str], files: list[Change]) -> dict[str, list[Change]]:
    """Return the files below each directory; both come in the order of paths."""
    groups: dict[str, list[Change]] = {}
    for change in files:
        parts = change.path.split("/")
        for depth in range(2, len(parts)):
            above = "/".join(parts[:depth])
            if above in directories:
                groups.setdefault(above, []).append(change)
                break
    return groups


def _matching(old: str, new: str, files: list[Change], reader: Digests, budget: Budget) -> dict[str, str]:
    """Return the old path of each file of `new` that was in `old` under the same name with the same content."""
    same: dict[str, str] = {}
    for tried, change in enumerate(files):
        if tried == _TRIED and not same:
            break
        place = f"{old}{change.path[len(new) :]}"
        size = 0 if change.new is None else change.new.size
        digest = reader.old_at(place, size) if budget.spend(2 * size) else None
        if digest and digest == reader.new_at(change):
            same[change.path] = place
    return same

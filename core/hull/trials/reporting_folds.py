"""What is alike in one line: an added tree, many new files of one directory, what belongs to a package."""

from collections.abc import Iterator

from hull.trials import reporting
from hull.trials.changes import ADDED, CHANGED, REMOVED, Change
from hull.trials.packages import Row
from hull.trials.texts import quoted
from hull.units import size

TREE = 8  # entries of an added directory that are still listed one by one
MANY = 20  # files added to one directory that was there
Shown = tuple[tuple[str, str], str, str]  # mark and style, path, what is to be known


def folded(changes: list[Change], rows: list[Row], *, whole: bool = False) -> Iterator[Shown]:
    """Yield what a list shows. `whole`: every change, nothing folded."""
    if whole:
        yield from map(_single, changes)
        return
    owned = {path for row in rows for path in row.paths}
    moved = {change.renamed for change in changes if change.renamed}
    left = [change for change in changes if not (reporting.is_noise(change) or change.path in owned)]
    left = [change for change in left if not (change.kind == REMOVED and change.path in moved)]
    left = _without_empty(left, owned)
    crowded = _crowded(left)
    trees = dict(_trees(left))
    skip = "\0"
    told = set[str]()
    for change in left:
        above = change.path.rpartition("/")[0]
        if change.path.startswith(skip):
            continue
        if change.path in trees:
            skip = f"{change.path}/"
            yield _tree(change, trees[change.path])
        elif above in crowded and _is_new_file(change):
            if above not in told:
                told.add(above)
                yield _crowd(above, crowded[above])
        else:
            yield _single(change)


def _single(change: Change) -> Shown:
    tree = (change.new or change.old) if change.kind != CHANGED else None
    slash = "/" if tree is not None and tree.kind == "directory" else ""
    return reporting.mark(change), f"{quoted(change.path)}{slash}", reporting.about(change)


def _tree(change: Change, below: list[Change]) -> Shown:
    was = f", was {quoted(change.renamed)}" if change.renamed else ""
    return reporting.mark(change), f"{quoted(change.path)}/", f"{_sum(below)}{was}"


def _crowd(path: str, files: list[Change]) -> Shown:
    return reporting.MARKS[ADDED], f"{quoted(path)}/…", _sum(files)


def _sum(changes: list[Change]) -> str:
    files = [change for change in changes if change.new is not None and change.new.kind != "directory"]
    count = sum(change.new.size for change in files if change.new is not None and change.new.kind == "file")
    return f"{len(files)} file{'' if len(files) == 1 else 's'}, {size(count)}"


def _is_directory(change: Change) -> bool:
    return change.kind == ADDED and change.new is not None and change.new.kind == "directory"


def _is_new_file(change: Change) -> bool:
    return change.kind == ADDED and not _is_directory(change) and not change.renamed


def _trees(changes: list[Change]) -> Iterator[tuple[str, list[Change]]]:
    """Yield the topmost added directories that hold much, or were moved, with all below."""
    top: Change | None = None
    below: list[Change] = []
    for change in [*changes, None]:
        if top is not None and change is not None and change.path.startswith(f"{top.path}/"):
            below.append(change)
            continue
        if top is not None and (len(below) > TREE or top.renamed):
            yield top.path, below
        top, below = (change if change is not None and _is_directory(change) else None), []


def _crowded(changes: list[Change]) -> dict[str, list[Change]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        if _is_new_file(change):
            groups.setdefault(change.path.rpartition("/")[0], []).append(change)
    return {path: group for path, group in groups.items() if len(group) > MANY}


def _without_empty(changes: list[Change], owned: set[str]) -> list[Change]:
    """Leave out added directories in which everything belongs to packages."""
    holds = {above for path in owned for above in _above(path)}
    needed = {above for change in changes if not _is_directory(change) for above in _above(change.path)}
    return [c for c in changes if not (_is_directory(c) and c.path in holds and c.path not in needed)]


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def by_directory(changes: list[Change]) -> list[tuple[str, list[int]]]:
    """Return added, changed, removed and bytes more of each directory; an added tree counts for its topmost."""
    rows: dict[str, list[int]] = {}
    top = "\0"
    for change in changes:
        if not change.path.startswith(top):
            top = f"{change.path}/" if _is_directory(change) else "\0"
            place = change.path if _is_directory(change) else change.path.rpartition("/")[0] or "/"
        else:
            place = top[:-1]
        row = rows.setdefault(quoted(place), [0, 0, 0, 0])
        row[(ADDED, CHANGED, REMOVED).index(change.kind)] += 1
        row[3] += sum(s.size * sign for s, sign in ((change.new, 1), (change.old, -1)) if s is not None)
    return list(rows.items())

"""Python distributions: their dist-info directories, and the files that their records name."""

import os
from collections.abc import Iterator
from contextlib import suppress

from hull.trials.changes import REMOVED, Change, Entry
from hull.trials.packages import MOST, Contents, Found, Row

SUFFIX = ".dist-info"


def found(known: dict[str, Change], contents: Contents) -> list[Found]:
    """Return the distributions that came, went and changed, each by its place."""
    old: dict[tuple[str, str], str] = {}
    new: dict[tuple[str, str], str] = {}
    for change in known.values():
        place, _, last = change.path.rpartition("/")
        if last.endswith(SUFFIX) and place.endswith("-packages") and "-" in last:
            side = old if change.kind == REMOVED else new
            if change.kind != "changed":
                side[place, _name(last)] = change.path
    made = []
    for key in sorted({*old, *new}):
        before, after = old.get(key, ""), new.get(key, "")
        verb = "changed" if before and after else "installed" if after else "removed"
        row = Row("pip", verb, key[1], _version(before), _version(after))
        owned = {*_record(before, known, contents), *_record(after, known, contents)}
        made.append(Found(row, frozenset(owned | set(_caches(owned, known)))))
    return made


def _name(last: str) -> str:
    return last.removesuffix(SUFFIX).partition("-")[0].replace("_", "-").lower()


def _version(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(SUFFIX).partition("-")[2]


def _record(path: str, known: dict[str, Change], contents: Contents) -> Iterator[str]:
    """Yield the files of a distribution, and the directories that hold only what is its."""
    import csv

    if not path:
        return
    yield path
    place = path.rpartition("/")[0]
    record = known.get(f"{path}/RECORD")
    if record is not None and record.kind != REMOVED:
        data = contents.new(record, MOST)[1]
    else:
        gone = Change(REMOVED, f"{path}/RECORD", old=Entry("file", 0o644, 0, 0, 1, 0))
        data = contents.old(gone, MOST)[1]
    with suppress(csv.Error):  # a field too long: what comes after it is left to the list of files
        for row in csv.reader(data.decode("utf-8", "surrogateescape").splitlines()):
            if row:
                name = os.path.normpath(os.path.join(place, row[0]))
                yield name
                while name.startswith(f"{place}/") and (name := os.path.dirname(name)) != place:
                    yield name


def _caches(owned: set[str], known: dict[str, Change]) -> Iterator[str]:
    """Yield compiled modules beside those that are owned."""
    for path in known:
        above, _, last = path.rpartition("/")
        compiled = above.endswith("/__pycache__") and f"{above[:-12]}/{last.partition('.')[0]}.py" in owned
        if compiled or (last == "__pycache__" and above in owned):
            yield path

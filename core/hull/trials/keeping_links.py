"""Names that a try gave to files which stay on the host as they are: there the new name is a link to that very file."""

import os
import stat
from collections.abc import Iterator

from hull.trials.changes import Entry
from hull.trials.keeping_choosing import Chosen

File = tuple[str, tuple[int, int]]  # a layer, and a file in it


def staying(chosen: list[Chosen]) -> dict[File, str]:
    """Return, for files of several names of which some come, a name that the host has and keeps."""
    found: dict[File, str] = {}
    wanted: dict[str, dict[tuple[int, int], Entry]] = {}
    listed = {one.change.path for one in chosen if one.replaces}
    for one in chosen:
        new = one.change.new
        if new is None or new.kind != "file" or new.links < 2:  # noqa: PLR2004 (another name)
            continue
        if not one.replaces:
            found[one.change.layer, new.file] = one.change.path
        elif len({*one.change.same} & listed) + 1 < new.links:
            wanted.setdefault(one.change.layer, {})[new.file] = new
    for layer, files in wanted.items():
        for file, path in _names(layer, files):
            if path not in listed and _is(path, files[file]):
                found.setdefault((layer, file), path)
    return found


def _names(layer: str, files: dict[tuple[int, int], Entry]) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield every name in a layer of these files; what may not be looked at is passed over."""
    for directory, _, names in os.walk(layer):
        for name in names:
            try:
                one = os.lstat(f"{directory}/{name}")
            except PermissionError:
                continue
            if one.st_nlink > 1 and (one.st_dev, one.st_ino) in files:
                yield (one.st_dev, one.st_ino), f"{directory[len(layer) :]}/{name}"


def _is(path: str, entry: Entry) -> bool:
    """Whether the host's file is the one that the try has: a copy of it was linked, nothing else was done."""
    try:
        here = os.lstat(path)
    except OSError:
        return False
    same = (stat.S_IMODE(here.st_mode), here.st_size, here.st_mtime_ns) == (entry.mode, entry.size, entry.mtime)
    return stat.S_ISREG(here.st_mode) and same

"""What tells a tree from every later state of it: the mark of each entry below a directory."""

import os
import stat
from collections.abc import Iterator

from hull.trials.journal import Mark

_READ = 0o500  # what lets an owner look into a directory
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def below(directory: int, name: bytes, prefix: str = "", *, still: bool = False) -> Iterator[tuple[str, Mark]]:
    """Yield relative path and mark of everything below `name`, if it is a directory; a directory after its entries.

    `still`: no mode is changed for a look, so what the owner closed is told of by its own mark alone.
    """
    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        return
    closed = found.st_uid == os.geteuid() != 0 and not _open(found.st_mode)
    if closed:
        if still:
            return
        os.chmod(name, stat.S_IMODE(found.st_mode) | 0o700, dir_fd=directory)
    fd = os.open(name, _LIST, dir_fd=directory)
    try:
        for one in sorted(os.listdir(fd)):
            path = f"{prefix}/{one}" if prefix else one
            yield from below(fd, os.fsencode(one), path, still=still)
            yield path, Mark.of(os.stat(os.fsencode(one), dir_fd=fd, follow_symlinks=False))
    finally:
        os.close(fd)
        if closed:
            os.chmod(name, stat.S_IMODE(found.st_mode), dir_fd=directory)


def contents(directory: int, name: bytes) -> dict[str, tuple[int, int, int]]:
    """Return what a whole copy of a tree has in common with it: the modes, sizes and times of what is below `name`."""
    return {
        path: (mark.mode, 0 if stat.S_ISDIR(mark.mode) else mark.size, mark.modified)
        for path, mark in below(directory, name, still=True)
    }


def changed(directory: int, name: bytes, path: str, known: tuple[tuple[str, Mark], ...], ours: set[str]) -> list[str]:
    """Return what below `name` is not as it was; what lies in a closed directory is not looked at.

    At the full paths `ours` st_ctime tells nothing.
    """
    now, then = dict(below(directory, name, still=True)), dict(known)
    top = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if not now and stat.S_ISDIR(top.st_mode) and os.geteuid() and not _open(top.st_mode):
        return []
    found = [
        f"{path}/{one}" for one in sorted(now) if not _same(then.get(one), now[one], loose=f"{path}/{one}" in ours)
    ]
    gone = [one for one in then if one not in now and not _hidden(one, then, os.geteuid())]
    return found + [f"{path}/{one}" for one in sorted(gone)]


def _hidden(path: str, marks: dict[str, Mark], caller: int) -> bool:
    """Whether a directory above, inside the tree, is closed to its owner."""
    while path := path.rpartition("/")[0]:
        mark = marks.get(path)
        if caller and mark is not None and stat.S_ISDIR(mark.mode) and not _open(mark.mode):
            return True
    return False


def _same(then: Mark | None, now: Mark, *, loose: bool) -> bool:
    """Compare a file without st_ctime: the exchange of another of its names is seen there."""
    return now == then or ((loose or not stat.S_ISDIR(now.mode)) and now.renamed(then))


def _open(mode: int) -> bool:
    return mode & _READ == _READ

"""What an upper directory holds, told by a stat of each entry: two looks that are alike saw the same files.

`.` of the directory `.` is the top itself; other directories are named by their paths, a slash at the end.
"""

import os
import stat
import time
from collections.abc import Callable

from hull.storage.overlay import is_opaque

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
Sign = list[int]  # inode, ctime in ns, size of what is no directory, mode, whether it is opaque
Index = dict[str, dict[str, Sign]]
_COARSE = 5  # CLOCK_REALTIME_COARSE, which file systems take their times from
_LONGEST = 0.05  # seconds that a tick is waited for: a clock that was set back says nothing


def look(upper: str) -> Index:
    """Return the index of an upper; what vanishes meanwhile is not in it."""
    index: Index = {}
    top = os.open(upper, DIRECTORY)
    try:
        index["."] = {".": sign(os.fstat(top), top)}
        _look(top, "", index)
    finally:
        os.close(top)
    return index


def _look(fd: int, path: str, index: Index) -> None:
    names = index[path] = {}
    for name in sorted(os.listdir(fd)):
        try:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                names[name] = [found.st_ino, found.st_ctime_ns, found.st_size, found.st_mode, 0]
                continue
            below = os.open(name, DIRECTORY, dir_fd=fd)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            names[name] = sign(found, below)
            _look(below, f"{path}{name}/", index)
        finally:
            os.close(below)


def sign(found: os.stat_result, fd: int = -1) -> Sign:
    """Return what tells one state of an entry from another; `fd` is a directory's descriptor."""
    opaque = int(fd >= 0 and is_opaque(fd))
    return [found.st_ino, found.st_ctime_ns, found.st_size * (fd < 0), found.st_mode, opaque]


def is_whiteout(sign: Sign) -> bool:
    """Whether the entry hides a name of the layers below."""
    return stat.S_ISCHR(sign[3])


def calm(found: os.stat_result, again: Callable[[], os.stat_result]) -> tuple[os.stat_result, Sign]:
    """Return an entry's status and sign, taken when the tick of its last change was over.

    One that changes at every look has a sign that no later look will find.
    """
    if found.st_ctime_ns >= time.clock_gettime_ns(_COARSE):
        end = time.monotonic() + _LONGEST
        while time.clock_gettime_ns(_COARSE) <= found.st_ctime_ns and time.monotonic() < end:
            time.sleep(0.001)
        found = again()
    now = sign(found)
    if found.st_ctime_ns >= time.clock_gettime_ns(_COARSE):
        now[1] = 0
    return found, now


def touched(now: Index, before: Index) -> set[str]:
    """Return the directories in which something is not as it was, and those above them."""
    found = set()
    for path, names in now.items():
        place = path if names != before.get(path) else "."
        while place not in found and place != ".":
            found.add(place)
            place = f"{place[:-1].rpartition('/')[0]}/" if "/" in place[:-1] else "."
    return found

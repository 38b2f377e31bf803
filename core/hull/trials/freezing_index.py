"""What an upper directory holds, told by a stat of each entry: two looks that are alike saw the same files.

`.` of the directory `.` is the top itself; other directories are named by their paths, a slash at the end.
"""

import os
import stat

from hull.storage.snapshots import is_opaque

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
Sign = list[int]  # inode, ctime in ns, size of what is no directory, mode, whether it is opaque
Index = dict[str, dict[str, Sign]]


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

"""What marks a layer's entries: overlay's attributes, fuse-overlayfs's files, and when an entry came to be."""

import errno
import os

from hull.images.tree import OPAQUE, OPAQUE_WHITEOUT

WHITEOUT = "user.overlay.whiteout"
_ABSENT = (errno.ENODATA, errno.EOPNOTSUPP, errno.ENOENT)


def opaque(fd: int, name: str, *, fuse: bool) -> str:
    """Return a directory's opaque mark."""
    found = attribute(fd, name, OPAQUE)
    if fuse and (status_of(fd, f"{name}/{OPAQUE_WHITEOUT}") or attribute(fd, name, "user.fuseoverlayfs.opaque") == "y"):
        return "y"
    return found


def status_of(fd: int, name: str) -> os.stat_result | None:
    """Return a file's status; None where there is none."""
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):  # a mark is longer than its name
            raise
        return None


def place(fd: int, name: str) -> str:
    """Return a path to one name in an open directory, for calls that take no descriptor."""
    return f"/proc/self/fd/{fd}/{name}"


def attribute(fd: int, name: str, key: str) -> str:
    """Return one of overlay's own attributes as text, "" where there is none."""
    try:
        return os.getxattr(place(fd, name), key, follow_symlinks=False).decode("latin-1")
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return ""


def has(fd: int, name: str, key: str) -> bool:
    """Whether a file has an attribute, whatever its value."""
    try:
        return key in os.listxattr(place(fd, name), follow_symlinks=False)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return False


def birth(fd: int, name: str, status: os.stat_result) -> int:
    """Return when a layer's entry came to be: when it was copied up or made."""
    from hull.kernel import syscalls

    try:
        return syscalls.birth(fd, os.fsencode(name)) or status.st_ctime_ns
    except OSError:
        return status.st_ctime_ns

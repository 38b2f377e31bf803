"""Directories that a layer has only because paths go through them: what they are is what the layers below show.

In an overlay the topmost directory's owner, mode, time and attributes count. Tars that leave directories out (of
reproducible builds, of umoci) would otherwise change those of the image below.
"""

import os
import stat

from hull.images import tree

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OVERLAY = "user.overlay."


def adopt(here: tree.Tree, lowers: list[int], path: bytes) -> bool:
    """Make the directory `path` like the one it covers in the topmost of `lowers` (lowest first) that shows it.

    Returns whether there is one.
    """
    new, covers_nothing = _open(here.fd, path)
    if new is None:
        return False
    try:
        for lower in () if covers_nothing else reversed(lowers):
            old, hides = _open(lower, path)
            if old is not None:
                try:
                    _copy(old, new)
                finally:
                    os.close(old)
            if old is not None or hides:
                return old is not None
    finally:
        os.close(new)
    return False


def _open(root: int, path: bytes) -> tuple[int | None, bool]:
    """Return a layer's directory, None where it has none; and whether what lower layers have there is hidden."""
    fd, hides = os.dup(root), False
    for part in path.split(b"/"):
        hides = hides or tree.is_opaque(fd)
        above = fd
        try:
            fd = os.open(part, _DIRECTORY, dir_fd=above)
        except FileNotFoundError:
            return None, hides
        except OSError:  # a whiteout, a link, a file
            return None, True
        finally:
            os.close(above)
    return fd, hides


def _copy(old: int, new: int) -> None:
    found = os.fstat(old)
    os.fchown(new, found.st_uid, found.st_gid)
    os.fchmod(new, stat.S_IMODE(found.st_mode))
    for key in os.listxattr(old):
        if not key.startswith(_OVERLAY):
            os.setxattr(new, key, os.getxattr(old, key))
    os.utime(new, ns=(found.st_mtime_ns, found.st_mtime_ns))

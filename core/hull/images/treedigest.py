"""The digest of a directory with all below it: names, types, modes, owners, times, attributes and content.

What a kernel may give another value on another disk (inode numbers, access times, sizes of directories) is left out.
"""

import hashlib
import os
import stat

CHUNK = 1 << 18
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def of(directory: str) -> str:
    """Return `sha256:<hex>`, "" if the directory is not there."""
    digest, seen = hashlib.sha256(), dict[int, bytes]()
    try:
        walk = os.fwalk(directory, follow_symlinks=False, onerror=_failed)
        for path, names, files, fd in walk:
            names.sort()
            place = os.fsencode(path[len(directory) :])
            digest.update(b"%d %b\0" % (len(place), place) + _described(os.fstat(fd)) + _attributes(fd))
            for name in sorted((*files, *(name for name in names if _is_link(name, fd)))):
                digest.update(os.fsencode(name) + b"\0" + _entry(name, fd, seen))
    except FileNotFoundError:
        return ""
    return f"sha256:{digest.hexdigest()}"


def _failed(error: OSError) -> None:
    raise error


def _is_link(name: str, fd: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)


def _entry(name: str, parent: int, seen: dict[int, bytes]) -> bytes:
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    text = _described(found)
    if stat.S_ISLNK(found.st_mode):
        return text + os.fsencode(os.readlink(name, dir_fd=parent)) + b"\0"
    if not stat.S_ISREG(found.st_mode):
        return text + b"%d\0" % found.st_rdev
    known = seen.get(found.st_ino)
    if known is None:
        known = _content(name, parent)
        if found.st_nlink > 1:
            seen[found.st_ino] = known
    return text + b"%d %d\0" % (found.st_size, found.st_nlink) + known


def _described(found: os.stat_result) -> bytes:
    return b"%o %d %d %d\0" % (found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns)


def _content(name: str, parent: int) -> bytes:
    fd = os.open(name, _FILE, dir_fd=parent)
    try:
        digest = hashlib.sha256()
        while chunk := os.read(fd, CHUNK):
            digest.update(chunk)
        return digest.digest() + _attributes(fd)
    finally:
        os.close(fd)


def _attributes(fd: int) -> bytes:
    parts = [
        f"{key}\0".encode(errors="surrogateescape") + os.getxattr(fd, key) + b"\0" for key in sorted(os.listxattr(fd))
    ]
    return b"".join(parts)

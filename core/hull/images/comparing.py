"""What a container changed: its upper directory against the layers below, as a scan of both whole trees would tell.

An entry of the upper is no change by itself: overlayfs copies a file up when it is opened for writing, a directory when
anything below it changes. Files count as changed when metadata or content differ, directories also when anything in
them does, as Docker lists them. Of what was removed only the topmost path is listed.
"""

import os
import stat
from collections.abc import Iterator

from hull.images.packing import is_opaque
from hull.images.tree import OPAQUE_WHITEOUT, OWN_ATTRIBUTES, WHITEOUT_PREFIX, is_whiteout
from hull.light import NamedTuple

ADDED, CHANGED, DELETED = "A", "C", "D"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 18


class Comparison(NamedTuple):
    """`skipped` are placeholders for mounts, left out while empty; `fuse`: fuse-overlayfs wrote the upper."""

    skipped: frozenset[str] = frozenset()
    fuse: bool = False

    def changes(self, upper: int, lower: int | None, path: str = "") -> Iterator[tuple[str, str]]:
        """Yield (kind, path) in the order of paths; `lower` is the directory that lies below, if there is one."""
        names = set(os.listdir(upper))
        gone = self._gone(names) if self.fuse else set[str]()
        names = {name for name in names if not (self.fuse and name.startswith(WHITEOUT_PREFIX))}
        if lower is not None and is_opaque(upper, fuse=self.fuse):
            gone |= set(os.listdir(lower)) - names
        for name in sorted(names | gone):
            inner = f"{path}/{name}"
            if name not in names:
                if lower is not None and _status(lower, name) is not None:
                    yield DELETED, inner
                continue
            yield from self._entry(upper, lower, name, inner)

    def _gone(self, names: set[str]) -> set[str]:
        return {
            name[len(WHITEOUT_PREFIX) :]
            for name in names
            if name.startswith(WHITEOUT_PREFIX) and name != OPAQUE_WHITEOUT
        }

    def _entry(self, upper: int, lower: int | None, name: str, path: str) -> Iterator[tuple[str, str]]:
        new = _status(upper, name)
        old = None if lower is None else _status(lower, name)
        if new is None:
            return  # gone meanwhile
        if is_whiteout(new):
            if old is not None:
                yield DELETED, path
        elif stat.S_ISDIR(new.st_mode):
            yield from self._directory(upper, lower, name, path, new, old)
        elif self._placeholder(upper, name, path, new):
            return
        elif old is None:
            yield ADDED, path
        elif not _same(new, old) or not _same_content(upper, lower, name, new):
            yield CHANGED, path
            if lower is not None and stat.S_ISDIR(old.st_mode):
                yield from ((DELETED, f"{path}/{inner}") for inner in sorted(_listed(lower, name)))

    def _directory(  # noqa: PLR0917 (both sides, and where)
        self, upper: int, lower: int | None, name: str, path: str, new: os.stat_result, old: os.stat_result | None
    ) -> Iterator[tuple[str, str]]:
        fd = os.open(name, _DIRECTORY, dir_fd=upper)
        below = _open(lower, name) if lower is not None and old is not None and stat.S_ISDIR(old.st_mode) else None
        try:
            if old is None and self._placeholder(upper, name, path, new):
                return
            inner = self.changes(fd, below, path)
            first = next(inner, None)
            holds = any(place.startswith(f"{path[1:]}/") for place in self.skipped)
            if old is None:
                if first is not None or not holds or set(os.listdir(fd)) - self._placed(path):
                    yield ADDED, path
            elif first is not None or not _same(new, old, time=not holds) or _xattrs(fd) != _xattrs(below):
                yield CHANGED, path
            if first is not None:
                yield first
            yield from inner
        finally:
            os.close(fd)
            if below is not None:
                os.close(below)

    def _placed(self, path: str) -> set[str]:
        """Return the first components of the placeholders below `path`."""
        return {place[len(path) :].split("/")[0] for place in self.skipped if place.startswith(f"{path[1:]}/")}

    def _placeholder(self, parent: int, name: str, path: str, found: os.stat_result) -> bool:
        if path[1:] not in self.skipped:
            return False
        if not stat.S_ISDIR(found.st_mode):
            return not found.st_size
        return all(self.fuse and inner.startswith(WHITEOUT_PREFIX) for inner in _listed(parent, name))


def _same(new: os.stat_result, old: os.stat_result, *, time: bool = True) -> bool:
    if (new.st_mode, new.st_uid, new.st_gid) != (old.st_mode, old.st_uid, old.st_gid):
        return False
    if stat.S_ISREG(new.st_mode) and new.st_size != old.st_size:
        return False
    return not time or new.st_mtime_ns == old.st_mtime_ns


def _same_content(upper: int, lower: int | None, name: str, found: os.stat_result) -> bool:
    """Compare attributes and bytes, or where links lead; metadata is known to be the same."""
    if lower is None:
        return False
    if stat.S_ISLNK(found.st_mode):
        return os.readlink(name, dir_fd=upper) == os.readlink(name, dir_fd=lower)
    if not stat.S_ISREG(found.st_mode):
        return True
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    one = os.open(name, flags, dir_fd=upper)
    try:
        other = os.open(name, flags, dir_fd=lower)
        try:
            return _xattrs(one) == _xattrs(other) and _same_bytes(one, other)
        finally:
            os.close(other)
    finally:
        os.close(one)


def _same_bytes(one: int, other: int) -> bool:
    position = 0
    while True:
        left, right = os.pread(one, _CHUNK, position), os.pread(other, _CHUNK, position)
        if left != right:
            return False
        if not left:
            return True
        position += len(left)


def _xattrs(fd: int | None) -> dict[str, bytes]:
    if fd is None:
        return {}
    return {key: os.getxattr(fd, key) for key in os.listxattr(fd) if not key.startswith(OWN_ATTRIBUTES)}


def _status(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _open(parent: int, name: str) -> int:
    return os.open(name, _DIRECTORY, dir_fd=parent)


def _listed(parent: int, name: str) -> list[str]:
    fd = _open(parent, name)
    try:
        return os.listdir(fd)
    finally:
        os.close(fd)

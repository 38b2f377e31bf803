"""Owners, extended attributes and times of unpacked files: what the map allows, and a count of what it does not."""

import errno
import os

from hull.images.tarheader import Entry

OWNER = "user.hull.owner"
OVERFLOW = 65534
_DROPPED = (b"user.overlay.", b"user.fuseoverlayfs.", b"user.hull.")
_REFUSED = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSPC, errno.E2BIG, errno.ERANGE)


class Metadata:
    """Apply owners and attributes for one flavour. `notes` counts what could not be kept, by kind."""

    def __init__(self, flavour: str) -> None:
        self.single = flavour == "single"
        self.notes: dict[str, int] = {}
        self._uids = _mapped("/proc/self/uid_map")
        self._gids = _mapped("/proc/self/gid_map")

    def note(self, kind: str) -> None:
        """Count one more thing that was not kept."""
        self.notes[kind] = self.notes.get(kind, 0) + 1

    def apply(self, fd: int, entry: Entry) -> None:
        """Give the open file or directory its owner, attributes and, where chown or writing drops them, set-id bits."""
        if entry.uid or entry.gid:
            self._own(fd, entry)
        if entry.mode & 0o6000:
            os.fchmod(fd, entry.mode)
        for key, value in entry.xattrs.items():
            if key != b"security.capability" and (not key.startswith(b"user.") or key.startswith(_DROPPED)):
                continue
            try:
                os.setxattr(fd, key, value)
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
                self.note("capabilities" if key == b"security.capability" else "attributes")

    def own_name(self, parent: int, name: bytes, entry: Entry) -> None:
        """Give a link or a fifo its owner and time."""
        if (entry.uid or entry.gid) and not self.single:
            uid, gid = self.inside(entry)
            os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
        os.utime(name, ns=(entry.mtime, entry.mtime), dir_fd=parent, follow_symlinks=False)

    def _own(self, fd: int, entry: Entry) -> None:
        uid, gid = (0, 0) if self.single else self.inside(entry)
        if uid or gid:
            os.fchown(fd, uid, gid)
        if (uid, gid) != (entry.uid, entry.gid):
            try:
                os.setxattr(fd, OWNER, b"%d:%d" % (entry.uid, entry.gid))
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
                self.note("owners")

    def inside(self, entry: Entry) -> tuple[int, int]:
        """Return the owner as the map can hold it: an id outside becomes the overflow id, and is counted."""
        uid, gid = _clamp(entry.uid, self._uids), _clamp(entry.gid, self._gids)
        if (uid, gid) != (entry.uid, entry.gid):
            self.note("clamped")
        return uid, gid


def _mapped(path: str) -> list[tuple[int, int]]:
    """Return the first and the last id of each extent of a map, in order."""
    with open(path, encoding="ascii") as file:
        rows = [line.split() for line in file]
    return sorted((int(first), int(first) + int(count) - 1) for first, _, count in rows)


def _clamp(ident: int, mapped: list[tuple[int, int]]) -> int:
    for first, last in mapped:
        if first <= ident <= last:
            return ident
    if any(first <= OVERFLOW <= last for first, last in mapped):
        return OVERFLOW
    return mapped[-1][1] if mapped else 0

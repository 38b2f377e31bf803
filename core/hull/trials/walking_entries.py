"""One entry of a layer or of what lies below, and in what two of them differ."""

import errno
import os
import stat

from hull.images.tree import ORIGIN, OWN_ATTRIBUTES
from hull.light import NamedTuple
from hull.trials import stacks_marks
from hull.trials.changes import CONTENT, MODE, OWNER, TIME, TYPE, XATTR, Entry
from hull.trials.stacks import BASE, Found

FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
READ = 0o444  # a mode that everyone may read needs no system call
READ_MOST = 1 << 30  # bytes: two files of the same size above it and of different times count as different, unread
TRUSTED = 16 << 20  # bytes: above it a copied-up file of the same size and time counts as the same, unread
_CHUNK = 1 << 18
_KEPT = ("security.capability", "system.posix_acl_access", "system.posix_acl_default")
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
}


class Side(NamedTuple):
    """An entry and where it was found. `blind`: a file of the base that may not be read, which a try sees empty."""

    entry: Entry
    found: Found
    blind: bool = False


def side(name: str, found: Found) -> Side | None:
    """Look at an entry; ids are as this process sees them. None if it has gone."""
    try:
        return _side(name, found)
    except FileNotFoundError:
        return None


def _side(name: str, found: Found) -> Side:
    status, fd = found.status, found.part.fd
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    device = status.st_rdev if kind in ("char", "block") else 0
    blind = found.part.layer == BASE and kind == "file" and not _readable(fd, name, status)
    target = os.readlink(name, dir_fd=fd) if kind == "link" else ""
    size = status.st_size if kind in ("file", "link") and not blind else 0
    attributes = xattrs(fd, name, lenient=found.part.layer == BASE)
    file = (status.st_dev, status.st_ino)
    mode = stat.S_IMODE(status.st_mode)
    entry = Entry(
        kind, mode, status.st_uid, status.st_gid, size, status.st_mtime_ns, target, device, attributes, file,
        status.st_nlink,
    )  # fmt: skip
    return Side(entry, found, blind)


def _readable(fd: int, name: str, status: os.stat_result) -> bool:
    """Whether the caller can read a file."""
    if status.st_mode & READ == READ:
        return True
    return os.access(stacks_marks.place(fd, name), os.R_OK, effective_ids=True, follow_symlinks=False)


def xattrs(fd: int, name: str, *, lenient: bool = False) -> tuple[tuple[str, bytes], ...]:
    """Return the extended attributes that belong to a file, sorted; overlay's and hull's own left out.

    `lenient`: leave out those that may not be read.
    """
    path, found = stacks_marks.place(fd, name), []
    try:
        keys = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EPERM):
            return ()
        raise
    for key in sorted(keys):
        if key in _KEPT or (key.startswith("user.") and not key.startswith(OWN_ATTRIBUTES)):
            try:
                found.append((key, os.getxattr(path, key, follow_symlinks=False)))
            except OSError as error:
                if error.errno != errno.ENODATA and not lenient:
                    raise
    return tuple(found)


def differing(
    name: str, old: Side, new: Side, *, time: bool = True, owner: bool = True, shown: bool = True
) -> tuple[str, ...]:
    """Return in what two entries differ, of content, mode, owner, xattr, time and type, in this order.

    `time` is false where a directory's own time is hull's doing, `owner` where this process does not see the old one,
    `shown` where whoever changed the old one saw none of its attributes. The names in a directory are not its content.
    """
    one, other = old.entry, new.entry
    if one.kind != other.kind or one.device != other.device:
        return (TYPE,)
    link = one.kind == "link"
    pairs = (
        (CONTENT, _content_differs(name, old, new)),
        (MODE, one.mode != other.mode and not link),
        (OWNER, owner and (one.uid, one.gid) != (other.uid, other.gid)),
        (XATTR, _attributes_differ(name, old, new, shown=shown)),
        (TIME, time and one.mtime != other.mtime),
    )
    return tuple(word for word, differs in pairs if differs)


def _attributes_differ(name: str, old: Side, new: Side, *, shown: bool) -> bool:
    """Compare. What was not seen (all of a mirror's; capabilities, access lists) is not removed by being copied up.

    What is new under that name has its own and no others. A layer's root is nobody's copy and stands for what is below.
    """
    has, had = dict(new.entry.xattrs), old.entry.xattrs
    if name != "." and not _is_copied(name, new):
        return has != dict(had)
    return has != {key: value for key, value in had if key in has or (shown and key.startswith("user."))}


def _content_differs(name: str, old: Side, new: Side) -> bool:
    one, other = old.entry, new.entry
    if one.kind != "file":
        return one.target != other.target
    if one.size != other.size or not one.size:
        return one.size != other.size
    if one.file == other.file or (one.mtime == other.mtime and one.size > TRUSTED and _is_copied(name, new)):
        return False
    return one.size > READ_MOST or not same_bytes(name, old.found.part.fd, new.found.part.fd)


def _is_copied(name: str, new: Side) -> bool:
    """Whether it began as the kernel's copy of what a layer below has, not as something new of that name."""
    return stacks_marks.has(new.found.part.fd, name, ORIGIN)


def same_bytes(name: str, one: int, other: int) -> bool:
    """Compare a file in two directories, without following or waiting for anything."""
    left = os.open(name, FILE, dir_fd=one)
    try:
        right = os.open(name, FILE, dir_fd=other)
        try:
            while True:
                mine, theirs = os.read(left, _CHUNK), os.read(right, _CHUNK)
                if mine != theirs:
                    return False
                if not mine:
                    return True
        finally:
            os.close(right)
    finally:
        os.close(left)

"""What a layer takes from those below it: files that it links to, and what its directories without an entry are.

Both are copied up, as overlayfs itself would on the first write.
"""

import errno
import os
import stat

from hull.errors import RegistryError
from hull.images import extents, parents, tree


def make(fd: int, lowers: list[int], links: list[tuple[bytes, bytes]]) -> bool:
    """Make each (name, target) below `fd` from the topmost of `lowers` (lowest first) that shows the target.

    A second link to the same target joins the first. A target that no layer holds is an error that names both. Without
    a target `name` is a directory of this layer that no entry describes: it becomes like the one it covers, if any.
    Returns whether the layers below had anything to give.
    """
    here, made, given = tree.Tree(fd), dict[bytes, bytes](), False
    try:
        for name, target in links:
            if not target:
                given |= parents.adopt(here, lowers, name)
                continue
            parent, last = here.place(name)
            if _there(parent, last):
                here.clear(parent, last)
            if target in made:
                first = os.dup(here.place(made[target])[0])
                try:
                    parent, last = here.place(name)
                    first_name = os.path.basename(made[target])
                    os.link(first_name, last, src_dir_fd=first, dst_dir_fd=parent, follow_symlinks=False)
                finally:
                    os.close(first)
                continue
            _copy(target, lowers, parent, last, name)
            made[target] = name
        for name in here.made:
            given |= parents.adopt(here, lowers, name)
    finally:
        here.forget()
    return given or bool(made)


def _copy(target: bytes, lowers: list[int], parent: int, last: bytes, name: bytes) -> None:
    for lower in reversed(lowers):
        found = _look(lower, target)
        if found is _GONE:
            break
        if found is not None:
            try:
                copy_up(found, os.path.basename(target), parent, last)
            finally:
                os.close(found)
            return
    raise RegistryError(
        f"cannot unpack {name[:200]!r}: a hard link to {target[:200]!r}, which no layer holds", "the image is damaged"
    )


_GONE = -1


def _look(lower: int, target: bytes) -> int | None:
    """Return a descriptor of the directory that holds the target; None to look further down; _GONE if it is hidden."""
    fd, parts, hides = os.dup(lower), target.split(b"/"), False
    for index, part in enumerate(parts):
        hides = hides or tree.is_opaque(fd)
        try:
            found = os.stat(part, dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            return _closed(fd, _GONE if hides else None)
        if index == len(parts) - 1:
            return _closed(fd, _GONE) if tree.is_whiteout(found) or stat.S_ISDIR(found.st_mode) else fd
        if not stat.S_ISDIR(found.st_mode):
            return _closed(fd, _GONE)
        above = fd
        fd = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        os.close(above)
    return _closed(fd, None)


def copy_up(directory: int, source: bytes, parent: int, name: bytes) -> None:
    """Copy a file, link, fifo or socket with its owner, mode, times and attributes.

    Whatever it is, nothing is followed. A socket's copy is one that nobody listens at.
    """
    found = os.stat(source, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(source, dir_fd=directory), name, dir_fd=parent)
        os.chown(name, found.st_uid, found.st_gid, dir_fd=parent, follow_symlinks=False)
    elif stat.S_ISREG(found.st_mode):
        _copy_file(directory, source, parent, name, found)
    else:
        kind = stat.S_IFSOCK if stat.S_ISSOCK(found.st_mode) else stat.S_IFIFO
        os.mknod(name, kind | stat.S_IMODE(found.st_mode), dir_fd=parent)
        os.chown(name, found.st_uid, found.st_gid, dir_fd=parent, follow_symlinks=False)
        # the owner's change took set-id bits, the umask others
        os.chmod(name, stat.S_IMODE(found.st_mode), dir_fd=parent)
    os.utime(name, ns=(found.st_mtime_ns, found.st_mtime_ns), dir_fd=parent, follow_symlinks=False)


def _copy_file(directory: int, source: bytes, parent: int, name: bytes, found: os.stat_result) -> None:
    old = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(old).st_mode):
            raise FileNotFoundError(errno.ENOENT, "it is no file any more")
        new = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        try:
            _content(old, new)
            os.fchown(new, found.st_uid, found.st_gid)
            os.fchmod(new, stat.S_IMODE(found.st_mode))
            for key in os.listxattr(old):
                os.setxattr(new, key, os.getxattr(old, key))
        finally:
            os.close(new)
    finally:
        os.close(old)


def _content(old: int, new: int) -> None:
    """Copy the bytes, holes left out; of a file that is being written what there was when it was asked."""
    size = os.fstat(old).st_size
    for start, end in extents.data(old, size):
        place = start
        while place < end and (count := os.copy_file_range(old, new, min(end - place, 1 << 24), place, place)):
            place += count
    os.ftruncate(new, min(size, os.fstat(old).st_size))


def _there(parent: int, name: bytes) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _closed(fd: int, answer: int | None) -> int | None:
    os.close(fd)
    return answer

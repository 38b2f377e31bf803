"""Copies that lose nothing: content with its holes, modes, owners, times, every attribute, names of one file.

Everything goes by a directory's descriptor and a name in it. A copy that cannot have all that the original has fails.
"""

import errno
import os
import stat
from contextlib import suppress

from hull.images import extents
from hull.trials.journal_places import at

CHUNK = 1 << 20
SMALL = 1 << 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LABEL = "security.selinux"  # the system gives it, by where a file is
_NEVER = (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EPERM, errno.ETXTBSY)


def content(source: int, target: int, size: int, *, sparse: bool = False) -> None:
    """Copy a file's bytes into an empty one; holes stay holes. OSError where the source's size is another now."""
    if size <= SMALL and not sparse:
        data = os.read(source, size + 1)
        while len(data) < size and (more := os.read(source, size + 1 - len(data))):
            data += more
        if len(data) != size:
            raise OSError(errno.ESTALE, "it changed while it was copied")
        _write(target, data)
        return
    for start, end in extents.data(source, size):
        _range(source, target, start, end)
    os.ftruncate(target, size)
    if os.fstat(source).st_size != size:
        raise OSError(errno.ESTALE, "it changed while it was copied")


def _range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        try:
            count = os.copy_file_range(source, target, min(end - start, 1 << 30), start, start)
        except OSError as error:
            if error.errno not in _NEVER:
                raise
            data = os.pread(source, min(end - start, CHUNK), start)
            count = len(data)
            os.lseek(target, start, os.SEEK_SET)
            _write(target, data)
        if not count:
            raise OSError(errno.ESTALE, "it changed while it was copied")
        start += count


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def attributes(path: str, *, follow: bool = True) -> dict[str, bytes]:
    """Return the extended attributes that a copy is to have; `path` may be a descriptor's."""
    try:
        names = os.listxattr(path, follow_symlinks=follow)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.ENODATA):
            return {}
        raise
    return {name: os.getxattr(path, name, follow_symlinks=follow) for name in names if name != _LABEL}


def set_attributes(path: str, wanted: dict[str, bytes]) -> None:
    """Give what is at `path` exactly these attributes."""
    there = attributes(path)
    for name in there.keys() - wanted.keys():
        os.removexattr(path, name)
    for name, value in wanted.items():
        if there.get(name) != value:
            os.setxattr(path, name, value)


def tree(source: int, name: bytes, target: int, new: bytes) -> None:
    """Copy an entry with all below it; `new` is not there yet."""
    copier = _Copier()
    try:
        copier.entry(source, name, target, new)
    finally:
        copier.close()


class _Copier:
    """Knows the first names of files that have several, by directories that stay open for them."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[int, bytes]] = {}
        self._held: list[int] = []

    def close(self) -> None:
        """Let go of the directories."""
        while self._held:
            os.close(self._held.pop())

    def entry(self, source: int, name: bytes, target: int, new: bytes) -> None:
        """Copy one entry, and what is below it."""
        found = os.stat(name, dir_fd=source, follow_symlinks=False)
        kind = stat.S_IFMT(found.st_mode)
        if kind == stat.S_IFDIR:
            self._directory(source, name, target, new, found)
            return
        known = self._seen.get((found.st_dev, found.st_ino))
        if known is not None:
            os.link(known[1], new, src_dir_fd=known[0], dst_dir_fd=target, follow_symlinks=False)
            return
        if kind == stat.S_IFREG:
            _file(source, name, target, new, found)
        elif kind == stat.S_IFLNK:
            os.symlink(os.readlink(name, dir_fd=source), new, dir_fd=target)
            settle_name(target, new, found)
        else:
            os.mknod(new, kind | 0o600, found.st_rdev, dir_fd=target)
            settle_name(target, new, found)
        if found.st_nlink > 1:
            self._held.append(os.dup(target))
            self._seen[found.st_dev, found.st_ino] = self._held[-1], new

    def _directory(self, source: int, name: bytes, target: int, new: bytes, found: os.stat_result) -> None:
        with _readable(source, name, found):
            fd = os.open(name, _LIST, dir_fd=source)
            try:
                os.mkdir(new, 0o700, dir_fd=target)
                copy = os.open(new, _LIST, dir_fd=target)
                try:
                    for below in os.listdir(fd):
                        self.entry(fd, os.fsencode(below), copy, os.fsencode(below))
                    _settle(copy, found, attributes(at(fd)))
                finally:
                    os.close(copy)
            finally:
                os.close(fd)


def _file(source: int, name: bytes, target: int, new: bytes, found: os.stat_result) -> None:
    with _readable(source, name, found):
        fd = os.open(name, _READ, dir_fd=source)
    try:
        copy = os.open(new, _MAKE, 0o600, dir_fd=target)
        try:
            content(fd, copy, found.st_size, sparse=found.st_blocks * 512 < found.st_size)
            _settle(copy, found, attributes(at(fd)))
        finally:
            os.close(copy)
    finally:
        os.close(fd)


class _readable:  # noqa: N801 (reads as a statement)
    """Let the owner open what their own mode forbids, for the moment."""

    def __init__(self, directory: int, name: bytes, found: os.stat_result) -> None:
        self._at, self._name, self._mode = directory, name, stat.S_IMODE(found.st_mode)
        wanted = 0o500 if stat.S_ISDIR(found.st_mode) else 0o400
        self._closed = found.st_uid == os.geteuid() != 0 and self._mode & wanted != wanted

    def __enter__(self) -> None:
        if self._closed:
            os.chmod(self._name, self._mode | 0o500, dir_fd=self._at)

    def __exit__(self, *_: object) -> None:
        if self._closed:
            os.chmod(self._name, self._mode, dir_fd=self._at)


def _settle(fd: int, found: os.stat_result, wanted: dict[str, bytes]) -> None:
    made = os.fstat(fd)
    if (made.st_uid, made.st_gid) != (found.st_uid, found.st_gid):
        os.fchown(fd, found.st_uid, found.st_gid)
    set_attributes(at(fd), wanted)
    os.fchmod(fd, stat.S_IMODE(found.st_mode))
    os.utime(fd, ns=(found.st_atime_ns, found.st_mtime_ns))


def settle_name(directory: int, name: bytes, found: os.stat_result) -> None:
    """Give what has no descriptor of its own the owner, mode and times of `found`."""
    made = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if (made.st_uid, made.st_gid) != (found.st_uid, found.st_gid):
        os.chown(name, found.st_uid, found.st_gid, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        os.chmod(name, stat.S_IMODE(found.st_mode), dir_fd=directory)
    os.utime(name, ns=(found.st_atime_ns, found.st_mtime_ns), dir_fd=directory, follow_symlinks=False)


def remove(directory: int, name: bytes) -> None:
    """Remove an entry with all below it; nothing is no error. What the owner's own mode forbids is opened first."""
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=directory)
        return
    if found.st_uid == os.geteuid():
        with suppress(PermissionError):
            os.chmod(name, 0o700, dir_fd=directory)
    fd = os.open(name, _LIST, dir_fd=directory)
    try:
        for below in os.listdir(fd):
            remove(fd, os.fsencode(below))
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=directory)

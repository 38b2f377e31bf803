"""Directories of the host, opened so that no link on the way can lead elsewhere, and what lies in them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hull.kernel import syscalls
from hull.light import NamedTuple

_RESOLVE = syscalls.RESOLVE_NO_SYMLINKS | syscalls.RESOLVE_NO_MAGICLINKS
_PATH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MOST = 64  # directories that stay open


class Home(NamedTuple):
    """A directory that holds an entry, and the entry's name in it."""

    fd: int
    name: bytes

    def status(self, name: bytes | None = None) -> os.stat_result | None:
        """Return what is there under the entry's, or another, name; None for nothing."""
        try:
            return os.stat(self.name if name is None else name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, name: bytes | None = None) -> int:
        """Open the entry itself, never what a link points to."""
        return os.open(self.name if name is None else name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.fd)


class Places:
    """Opens the directories that entries are in, and keeps those that were used last. OSError where one is no more."""

    def __init__(self, root: str = "/") -> None:
        self._root = os.open(root, _PATH)
        self._open: dict[bytes, int] = {}

    def directory(self, path: bytes) -> int:
        """Return a descriptor of an absolute path, by which things are named, not read."""
        found = self._open.pop(path, -1)
        if found < 0:
            found = syscalls.openat2(self._root, path.strip(b"/") or b".", _PATH, resolve=_RESOLVE)
        self._open[path] = found
        if len(self._open) > MOST:
            os.close(self._open.pop(next(iter(self._open))))
        return found

    def home(self, path: str) -> Home:
        """Return where an entry is."""
        parent, _, name = os.fsencode(path).rpartition(b"/")
        return Home(self.directory(parent), name or b".")

    def forget(self) -> None:
        """Close what is open: names may mean other directories now."""
        while self._open:
            os.close(self._open.popitem()[1])

    def close(self) -> None:
        """Close everything."""
        self.forget()
        os.close(self._root)


@contextmanager
def named(path: str) -> Iterator[None]:
    """Let an OSError name the entry that it is about, and no hidden name beside it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def at(fd: int) -> str:
    """Return a path of what a descriptor stands for, for calls that take no descriptor of this kind."""
    return f"/proc/self/fd/{fd}"


def sync(directory: int) -> None:
    """Make all of a directory's file system durable."""
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
    try:
        syscalls.syncfs(fd)
    finally:
        os.close(fd)

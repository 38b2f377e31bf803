"""Find a path as somebody else sees it: below a container's root, whatever links it holds, or as this process does.

Nothing is followed through the host: `..` and links end at the root (CVE-2018-15664, CVE-2019-18466). Whoever changes
the tree meanwhile changes what is found, never where it is.
"""

import os
import stat

from hull.errors import Missing, UserError
from hull.kernel import syscalls
from hull.light import NamedTuple

_IN_ROOT = syscalls.RESOLVE_IN_ROOT | syscalls.RESOLVE_NO_MAGICLINKS
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
LINKS_MOST = 40


class Found(NamedTuple):
    """A path resolved. `directory` is an open descriptor: the thing itself where it is one, else its parent's.

    `name` is the last name below the parent, "" for a directory; `status` None where nothing is there.
    """

    directory: int
    name: str
    status: os.stat_result | None

    @property
    def is_directory(self) -> bool:
        """Whether a directory is there."""
        return not self.name


def missing(label: str, path: str, found: Found) -> UserError:
    """Return the error for a source that is not there, or is no directory where one was named."""
    kind = Missing if found.status is None else UserError
    reason = "no such file or directory" if found.status is None else "it is not a directory"
    return kind(f"cannot copy {label}{path}: {reason}", "check the path")


class Root:
    """Paths below the directory `fd`; with None, this process's own paths. `label` names it in messages."""

    def __init__(self, fd: int | None, label: str = "") -> None:
        self._fd = fd
        self._label = label

    def find(self, path: str, *, follow: bool = True) -> Found:
        """Resolve `path`, links on the way included, the last one where `follow` says or a slash ends the path.

        Its parent must be there. An OSError names the path as the user knows it.
        """
        shown, followed = path, 0
        while True:
            above, name = _split(path)
            if not name:
                fd = self._open(above or ".", shown)
                return Found(fd, "", os.fstat(fd))
            parent = self._open(above or ".", shown)
            try:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                return Found(parent, name, None)
            if stat.S_ISLNK(status.st_mode) and (follow or path.endswith("/")):
                link, followed = os.readlink(name, dir_fd=parent), followed + 1
                os.close(parent)
                if followed > LINKS_MOST:
                    raise UserError(f"cannot follow {self._label}{shown}: too many links", "name what it leads to")
                path = (link if link.startswith("/") else f"{above}{link}") + ("/" if path.endswith("/") else "")
                continue
            if not stat.S_ISDIR(status.st_mode):
                return Found(parent, name, status)
            try:
                fd = os.open(name, _DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            finally:
                os.close(parent)
            return Found(fd, "", os.fstat(fd))

    def _open(self, path: str, shown: str) -> int:
        try:
            if self._fd is None:
                return os.open(path, _DIRECTORY | os.O_CLOEXEC)
            return self._below(os.fsencode(path))
        except OSError as error:
            raise type(error)(error.errno, error.strerror, f"{self._label}{shown}") from None

    def _below(self, path: bytes) -> int:
        assert self._fd is not None  # noqa: S101 (the caller looked)
        for _ in range(128):
            try:
                return syscalls.openat2(self._fd, path, _DIRECTORY, 0, _IN_ROOT)
            except BlockingIOError:  # EAGAIN: a rename elsewhere met a ".."; the kernel asks to try again
                continue
        raise UserError(f"cannot resolve {self._label}{os.fsdecode(path)}: it changes all the time", "try again")


def _split(path: str) -> tuple[str, str]:
    """Return the parent, with its slash, and the last name; "" for a path whose last component names no entry."""
    bare = path.rstrip("/")
    above, slash, name = bare.rpartition("/")
    if name in ("", ".", ".."):
        return path, ""
    return above + slash, name

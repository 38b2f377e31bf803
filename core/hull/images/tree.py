"""A directory tree that hostile names cannot leave.

Every directory is found by openat2 with RESOLVE_IN_ROOT: links that the tree itself holds work and end inside it,
whatever they say. Everything else is done by one name beneath the descriptor that was found, never through a path.
"""

import errno
import os
import stat

from hull.errors import RegistryError
from hull.kernel import syscalls

CACHED = 64
MADE_MOST = 4 << 20  # bytes of names remembered
OPAQUE = "user.overlay.opaque"
WHITEOUT_PREFIX, OPAQUE_WHITEOUT = ".wh.", ".wh..wh..opq"  # marks by name: in a layer's tar, and fuse-overlayfs's own
OWN_ATTRIBUTES = ("user.overlay.", "user.fuseoverlayfs.", "user.hull.")  # marks of ours and of overlays, no file's own
ORIGIN = "user.overlay.origin"
_DIRECTORY = os.O_PATH | os.O_DIRECTORY
_LINKS_MOST = 40


class Tree:
    """The tree below the directory `fd`, which stays open as long as the tree is used.

    `made` are the directories that came to be because a path goes through them, parents first.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.made: dict[bytes, None] = {}
        self._made_bytes = 0
        self._known: dict[bytes, int] = {}

    def directory(self, path: bytes) -> int:
        """Return a descriptor of the directory `path`, made with its parents if missing; valid until the next call."""
        fd = self._known.get(path)
        if fd is not None:
            return fd
        if len(self._known) >= CACHED:
            self.forget()
        fd = self._known[path] = self._open(path, 0)
        return fd

    def place(self, path: bytes) -> tuple[int, bytes]:
        """Return the descriptor of the parent of `path` and its last name."""
        parent, _, name = path.rpartition(b"/")
        return (self.directory(parent) if parent else self.fd), name

    def exact(self, path: bytes) -> int | None:
        """Return a new descriptor of the directory `path`, made if missing; None if something else is on the way."""
        fd = os.dup(self.fd)
        parts = path.split(b"/") if path else []
        for depth, name in enumerate(parts, 1):
            above = fd
            try:
                fd = _step(above, name)
            except FileNotFoundError:
                os.mkdir(name, 0o755, dir_fd=above)
                self._remember(b"/".join(parts[:depth]))
                fd = _step(above, name)
            except OSError:
                return None
            finally:
                os.close(above)
        return fd

    def existing(self, path: bytes, *, follow: bool = True) -> int | None:
        """Return a new descriptor of a directory that is there, the last name followed or not; None if it is not."""
        flags = os.O_RDONLY | os.O_DIRECTORY | (0 if follow else os.O_NOFOLLOW)
        try:
            return syscalls.openat2(self.fd, path or b".", flags, 0, syscalls.RESOLVE_IN_ROOT)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
                return None
            raise

    def forget(self) -> None:
        """Close what is cached: after something that a path may go through was removed."""
        for fd in self._known.values():
            os.close(fd)
        self._known.clear()

    def clear(self, parent: int, name: bytes) -> None:
        """Remove whatever `name` is beneath `parent`, with all below it."""
        self.forget_but(parent)
        remove(parent, name)

    def forget_but(self, fd: int) -> None:
        """Forget everything cached but `fd`."""
        kept = {path: known for path, known in self._known.items() if known == fd}
        for path in kept:
            del self._known[path]
        self.forget()
        self._known.update(kept)

    def _remember(self, path: bytes) -> None:
        """Note a directory that no entry has named yet."""
        self._made_bytes += len(path)
        if self._made_bytes > MADE_MOST:
            raise _hostile(path, "too many directories without an entry of their own")
        self.made[path] = None

    def _give_way(self, parent: int, name: bytes) -> None:
        """Remove what is no directory where one is wanted."""
        os.unlink(name, dir_fd=parent)

    def _open(self, path: bytes, links: int) -> int:
        for _ in range(128):
            try:
                return syscalls.openat2(self.fd, path or b".", _DIRECTORY, 0, syscalls.RESOLVE_IN_ROOT)
            except (FileNotFoundError, NotADirectoryError):
                self._make(path, links)
            except BlockingIOError:  # EAGAIN: a rename elsewhere met a ".."; the kernel asks to try again
                continue
        raise _hostile(path, "it cannot be made a directory")

    def _make(self, path: bytes, links: int) -> None:
        """Make what is missing of `path`; what is no directory gives way, a link gets its target made."""
        if links > _LINKS_MOST:
            raise _hostile(path, "too many links on the way")
        parts = path.split(b"/")
        parent = os.dup(self.fd)
        for depth, name in enumerate(parts, 1):
            above, prefix = parent, b"/".join(parts[:depth])
            try:
                parent = self._step_in_root(above, prefix, name, links)
            finally:
                os.close(above)
        os.close(parent)

    def _step_in_root(self, parent: int, prefix: bytes, name: bytes, links: int) -> int:
        try:
            return syscalls.openat2(self.fd, prefix, _DIRECTORY, 0, syscalls.RESOLVE_IN_ROOT)
        except (FileNotFoundError, NotADirectoryError):
            pass
        try:
            if not make_directory(parent, name):
                self._remember(prefix)
        except FileExistsError:
            if not stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                self._give_way(parent, name)
                os.mkdir(name, 0o755, dir_fd=parent)
                return _step(parent, name)
            above = prefix.rpartition(b"/")[0]
            target = os.path.normpath(os.path.join(b"/", above, os.readlink(name, dir_fd=parent))).lstrip(b"/")
            if target in (b"", prefix):
                raise _hostile(prefix, "a link to itself") from None
            os.close(self._open(target, links + 1))
        return syscalls.openat2(self.fd, prefix, _DIRECTORY, 0, syscalls.RESOLVE_IN_ROOT)


def make_directory(parent: int, name: bytes, mode: int = 0o755) -> bool:
    """Make a directory; True if it replaced a whiteout, and so hides what is below. Anything else there: an error."""
    try:
        os.mkdir(name, mode, dir_fd=parent)
    except FileExistsError:
        if not is_whiteout(os.stat(name, dir_fd=parent, follow_symlinks=False)):
            raise
        os.unlink(name, dir_fd=parent)
        os.mkdir(name, mode, dir_fd=parent)
        mark_opaque(parent, name)
        return True
    return False


def is_opaque(directory: int | str) -> bool:
    """Whether overlayfs's mark on a directory, a descriptor or a path, hides what lower layers have there."""
    try:
        return os.getxattr(directory, OPAQUE) == b"y"
    except OSError:
        return False


def mark_opaque(parent: int, name: bytes = b".") -> None:
    """Let the directory hide what lower layers have there. Source: overlayfs.rst, userxattr."""
    mark(parent, name, OPAQUE, b"y")


def mark(parent: int, name: bytes, attribute: str, value: bytes) -> None:
    """Set an attribute of a directory, never of what a link leads to."""
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        os.setxattr(fd, attribute, value)
    finally:
        os.close(fd)


def _step(parent: int, name: bytes) -> int:
    return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)


def _hostile(path: bytes, reason: str) -> RegistryError:
    return RegistryError(f"cannot unpack {path[:200]!r}: {reason}", "the image is damaged or hostile")


def is_whiteout(found: os.stat_result) -> bool:
    """Whether this is overlayfs's mark for a removed name: a character device 0:0."""
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def remove(parent: int, name: bytes) -> None:
    """Remove `name` and all below it without following a link, at any depth, with two descriptors.

    A subdirectory is first moved up beside its parent under a random name: paths never grow.
    """
    pending = [name]
    while pending:
        current = pending.pop()
        try:
            os.unlink(current, dir_fd=parent)
            continue
        except (IsADirectoryError, PermissionError):
            pass
        fd = os.open(current, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            moved = empty(fd, parent)
        finally:
            os.close(fd)
        os.rmdir(current, dir_fd=parent)
        pending += moved


def empty(fd: int, parent: int) -> list[bytes]:
    """Remove the files of the directory `fd` and move its directories to `parent`; return their new names there."""
    moved = []
    for entry in os.listdir(fd):
        name = os.fsencode(entry)
        if not stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=fd)
            continue
        aside = b".hull-" + os.urandom(12).hex().encode()
        os.rename(name, aside, src_dir_fd=fd, dst_dir_fd=parent)
        moved.append(aside)
    return moved

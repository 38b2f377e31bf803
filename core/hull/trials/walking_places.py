"""Reach files below a directory by descriptors, whatever is on the way and however long the path is."""

import os

from hull.kernel import syscalls

KEPT = 64  # directories that stay open
_PIECE = 2048  # bytes of a path that one call takes
_HOW = syscalls.RESOLVE_NO_SYMLINKS | syscalls.RESOLVE_NO_MAGICLINKS | syscalls.RESOLVE_BENEATH
_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Places:
    """Files below the directory `root`, named by absolute paths; no link is followed."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._known: dict[str, int] = {}

    def parent(self, path: str) -> tuple[int, str]:
        """Return a descriptor of the directory of `path`, valid until the next call, and its last name."""
        above, _, name = path.rstrip("/").rpartition("/")
        return self._directory(above), name or "."

    def close(self) -> None:
        """Close every descriptor, the root's too."""
        self._forget()
        os.close(self._root)

    def _directory(self, path: str) -> int:
        if not path:
            return self._root
        if path not in self._known:
            if len(self._known) >= KEPT:
                self._forget()
            self._known[path] = self._open(path.strip("/").split("/"))
        return self._known[path]

    def _open(self, names: list[str]) -> int:
        fd, start = os.dup(self._root), 0
        while start < len(names):
            end, size = start, 0
            while end < len(names) and size + len(names[end]) < _PIECE:
                size += len(os.fsencode(names[end])) + 1
                end += 1
            above = fd
            try:
                fd = syscalls.openat2(above, os.fsencode("/".join(names[start:end])), _FLAGS, 0, _HOW)
            finally:
                os.close(above)
            start = end
        return fd

    def _forget(self) -> None:
        for fd in self._known.values():
            os.close(fd)
        self._known.clear()


def host() -> Places:
    """Return this machine's own tree."""
    return Places(os.open("/", _FLAGS))

"""What a start makes to mount over where it is missing: never the doing of what ran inside."""

import os
import stat

from hull.images.tree import WHITEOUT_PREFIX, is_whiteout
from hull.trials import stacks
from hull.trials.stacks import BASE, Found

# Of every container; no leading slash.
PATHS = ("proc", "sys", "dev", "etc/resolv.conf", "etc/hostname", "etc/hosts")


class Placeholders:
    """The empty files and directories at `paths` (no leading slash), and directories that hold nothing else."""

    def __init__(self, paths: frozenset[str]) -> None:
        self._paths = {f"/{path}" for path in paths}
        self._holding = {path.rpartition("/")[0] for path in self._paths}
        self._above = {above for path in self._paths for above in _ancestors(path)}

    def are(self, name: str, path: str, new: Found) -> bool:
        """Whether an entry that only one of two states has is one of them."""
        if new.part.layer == BASE or not (path in self._paths or path in self._above):
            return False
        if not new.is_directory:
            return path in self._paths and stat.S_ISREG(new.status.st_mode) and not new.status.st_size
        return self._is_bare(new.part.fd, name, path)

    def timed(self, name: str, path: str, new: Found, old: Found) -> bool:
        """Whether one was made in a directory that both states have, which gave that its time."""
        if path not in self._holding or not new.is_directory or not old.is_directory:
            return False
        inner = [place.rpartition("/")[2] for place in self._paths if place.rpartition("/")[0] == path]
        return any(_exists(new, f"{name}/{below}") != _exists(old, f"{name}/{below}") for below in inner)

    def _is_bare(self, fd: int, name: str, path: str) -> bool:
        inner = stacks.directory(fd, name)
        if inner is None:
            return False
        try:
            return all(self._is_one(inner, below, f"{path}/{below}") for below in _names(inner))
        finally:
            os.close(inner)

    def _is_one(self, fd: int, name: str, path: str) -> bool:
        if path in self._above:
            return self._is_bare(fd, name, path)
        return path in self._paths and _is_empty(fd, name)


def _ancestors(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts))]


def _exists(directory: Found, path: str) -> bool:
    for part, _ in directory.merged:
        try:
            return not is_whiteout(os.stat(path, dir_fd=part.fd, follow_symlinks=False))
        except OSError:
            continue
    return False


def _names(fd: int) -> list[str]:
    """List a directory without fuse-overlayfs's marks."""
    return [name for name in os.listdir(fd) if not name.startswith(WHITEOUT_PREFIX)]


def _is_empty(fd: int, name: str) -> bool:
    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        return stat.S_ISREG(found.st_mode) and not found.st_size
    inner = stacks.directory(fd, name)
    if inner is None:
        return False
    try:
        return not _names(inner)
    finally:
        os.close(inner)

"""A stack of layers in the kernel overlay's format over a base, read by overlay's own rules without mounting anything.

A layer hides what lies below by a whiteout (a character device 0:0; since Linux 6.7 also an empty file with
`user.overlay.whiteout` in a directory marked `x`), by a file of the same name, or by a directory marked opaque (`y`).
Directories of the same name merge until one of these ends it. Source: Documentation/filesystems/overlayfs.rst.
"""

import os
import stat
from collections.abc import Iterable

from hull.images.tree import OPAQUE_WHITEOUT, WHITEOUT_PREFIX, is_whiteout
from hull.light import NamedTuple
from hull.trials.stacks_marks import WHITEOUT, birth, has, opaque, status_of

BASE = -1  # the number of what lies below every layer
UNLISTED = "-"
PASS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Part(NamedTuple):
    """One layer's directory: the layer's number, a descriptor, and its opaque mark: "", "y" or "x".

    A directory of the base that may be passed and not listed has the mark UNLISTED. `fuse`: fuse-overlayfs wrote it,
    with marks of its own beside the kernel's: `.wh.NAME` hides NAME, `.wh..wh..opq` all that is below.
    """

    layer: int
    fd: int
    mark: str = ""
    fuse: bool = False


Parts = tuple[Part, ...]  # a merged directory, the topmost first


class Found(NamedTuple):
    """What a name is: the directory that holds it and, where it is a directory itself, all that merge in it."""

    part: Part
    status: os.stat_result
    merged: tuple[tuple[Part, str], ...] = ()

    @property
    def is_directory(self) -> bool:
        """Whether it is one."""
        return stat.S_ISDIR(self.status.st_mode)


class Name:
    """One name in the parts of one or more stacks: each is asked once.

    PermissionError where a layer may not be read: a process with the rights of the try's root can.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: dict[int, tuple[os.stat_result | None, str]] = {}
        self._opened: dict[int, Part | None] = {}

    def resolve(self, parts: Parts) -> Found | None:
        """Return what the merged directory shows under this name, None where nothing."""
        top: tuple[Part, os.stat_result] | None = None
        merged = []
        for part in parts:
            status, mark = self._look(part)
            if status is None:
                continue
            if mark == "w" or not stat.S_ISDIR(status.st_mode):
                if mark != "w" and top is None:
                    top = (part, status)
                break
            top = top or (part, status)
            merged.append((part, mark))
            if mark == "y":
                break
        return None if top is None else Found(*top, tuple(merged))

    def open(self, found: Found | None) -> Parts | None:
        """Return the parts of a directory, opened once for all stacks; None for what is none."""
        if found is None or not found.is_directory:
            return None
        for part, mark in found.merged:
            if part.layer not in self._opened:
                self._opened[part.layer] = self._open(part, mark)
        opened = (self._opened[part.layer] for part, _ in found.merged)
        return tuple(part for part in opened if part is not None)

    def close(self) -> None:
        """Close what was opened."""
        close(part for part in self._opened.values() if part is not None)
        self._opened.clear()

    def _open(self, part: Part, mark: str) -> Part | None:
        try:
            fd = directory(part.fd, self.name)
        except PermissionError:
            if part.layer != BASE or self._is_own(part):
                raise
            mark, fd = UNLISTED, directory(part.fd, self.name, PASS)
        return None if fd is None else Part(part.layer, fd, mark, part.fuse)

    def _is_own(self, part: Part) -> bool:
        status = self._known[part.layer][0]
        return status is not None and status.st_uid == os.geteuid()

    def _look(self, part: Part) -> tuple[os.stat_result | None, str]:
        if part.layer not in self._known:
            self._known[part.layer] = self._ask(part)
        return self._known[part.layer]

    def _ask(self, part: Part) -> tuple[os.stat_result | None, str]:
        """Return its status and mark: `w` for a whiteout, else a directory's own."""
        try:
            found = os.stat(self.name, dir_fd=part.fd, follow_symlinks=False)
            if is_whiteout(found):
                return found, "w"
            if part.layer == BASE:
                return found, ""
            if stat.S_ISDIR(found.st_mode):
                return found, opaque(part.fd, self.name, fuse=part.fuse)
            hidden = part.mark == "x" and stat.S_ISREG(found.st_mode) and not found.st_size
            return found, "w" if hidden and has(part.fd, self.name, WHITEOUT) else ""
        except (FileNotFoundError, NotADirectoryError):
            hides = status_of(part.fd, f"{WHITEOUT_PREFIX}{self.name}") if part.fuse else None
            return hides, "" if hides is None else "w"
        except PermissionError:
            if part.layer != BASE:
                raise
            return None, ""  # its directory can be listed, not searched: a try sees it empty

    def birth(self, parts: Parts) -> int:
        """Return when the entry or whiteout that decides came to be, ns since the epoch; 0 where no layer has one."""
        for part in parts:
            status, _ = self._look(part)
            if status is not None and part.layer != BASE:
                return birth(part.fd, self.name, status)
        return 0


def top(fd: int, layer: int, *, fuse: bool = False) -> Part:
    """Return a layer's own directory as a part."""
    if layer == BASE:
        return Part(layer, fd)
    return Part(layer, fd, opaque(fd, ".", fuse=fuse), fuse)


def directory(fd: int, name: str, how: int = OPEN) -> int | None:
    """Open a directory below another; None where it has gone or is none."""
    try:
        return os.open(name, how, dir_fd=fd)
    except (FileNotFoundError, NotADirectoryError):
        return None


def names(parts: Iterable[Part]) -> set[str]:
    """Return every name that some part holds, whiteouts' too."""
    found: set[str] = set()
    for part in parts:
        if part.fuse:
            found |= {name.removeprefix(WHITEOUT_PREFIX) for name in os.listdir(part.fd) if name != OPAQUE_WHITEOUT}
        elif part.mark != UNLISTED:
            found.update(os.listdir(part.fd))
    return found


def shared(one: Parts, other: Parts) -> int:
    """Return how many parts at the bottom are the same in both."""
    count = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine.layer != theirs.layer:
            break
        count += 1
    return count


def close(parts: Iterable[Part]) -> None:
    """Close the descriptors."""
    for part in parts:
        os.close(part.fd)

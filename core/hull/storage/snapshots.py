"""Frozen uppers: how an upper directory becomes an immutable layer, and what a container's own layers are.

A layer in snapshots/ is an upper directory as overlayfs left it, marks and owners included. It is never written again:
states of several containers share it.
"""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress

from hull.light import NamedTuple
from hull.paths import Paths
from hull.storage.overlay import OVERLAY, is_opaque

PLACE = "snapshots"
HALF = ".half"
NO_ATTRIBUTES = (OVERLAY, "user.fuseoverlayfs.", "user.hull.", "security.")  # marks, and the machine's labels


class Stack(NamedTuple):
    """A container's own layers as directories: `frozen` ones, lowest first, under its `upper`."""

    frozen: tuple[str, ...]
    upper: str

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them, lowest first."""
        return (*self.frozen, self.upper)


def place(paths: Paths, name: str = "") -> str:
    """Return the directory of a frozen layer, or of all of them."""
    return f"{paths.data}/{PLACE}/{name}" if name else f"{paths.data}/{PLACE}"


def stack(paths: Paths, ident: str, names: tuple[str, ...]) -> Stack:
    """Return the layers that a container's files are made of, above its image or this machine."""
    return Stack(tuple(place(paths, name) for name in names), f"{paths.container(ident)}/upper")


def fresh() -> str:
    """Return a name that no layer has: short, since mount options are bounded."""
    return os.urandom(12).hex()


def prepare(paths: Paths) -> None:
    """Make the place for frozen layers; the mapped ids of root's containers may pass it."""
    os.makedirs(place(paths), 0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)


def swap(directory: str, frozen: str, like: str, owner: tuple[int, int] | None = None) -> None:
    """Let the container's upper become the layer `frozen`, and give it an empty one whose root looks like that `like`.

    Done again after a kill at any point it ends the same: whichever of the two directories is there says how far it
    came. `owner` is the new root's where it is not as `like` has it.
    """
    upper = f"{directory}/upper"
    if not os.path.lexists(frozen):
        os.rename(upper, frozen)
    if not os.path.lexists(upper):
        half = f"{upper}{HALF}"
        with suppress(FileExistsError):
            os.mkdir(half, 0o700)
        dress(like, half, owner)
        os.rename(half, upper)


def dress(like: str, target: str, owner: tuple[int, int] | None = None) -> None:
    """Give a directory the owner, mode, attributes and times of another, overlay's own attributes left out."""
    found = os.stat(like)
    uid, gid = owner or (found.st_uid, found.st_gid)
    mine = os.stat(target)
    if (mine.st_uid, mine.st_gid) != (uid, gid):
        os.chown(target, uid, gid)
    os.chmod(target, stat.S_IMODE(found.st_mode))
    with suppress(PermissionError):  # what the caller may not read of this machine's root
        for key in os.listxattr(like):
            if not key.startswith((OVERLAY, "security.", "trusted.")):
                os.setxattr(target, key, os.getxattr(like, key))
    os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))


def orphans(paths: Paths, reached: set[str]) -> list[str]:
    """Return the names of the layers that nobody needs."""
    with suppress(FileNotFoundError):
        return sorted(set(os.listdir(place(paths))) - reached)
    return []


def _own(found: os.stat_result) -> tuple[int, int]:
    return found.st_uid, found.st_gid


def is_untouched(
    upper: str,
    lowers: tuple[str, ...],
    skipped: frozenset[str],
    *,
    owners: bool = True,
    owner: Callable[[os.stat_result], tuple[int, int]] = _own,
) -> bool:
    """Whether an upper holds nothing but directories that are below it, too, and empty things to mount over.

    `skipped` are the paths of these, without a leading slash. `owners`: those of `lowers` count, too; `owner` says
    whose a copy of one is.
    """
    owner_of = owner if owners else None
    pending = [""]
    while pending:
        path = pending.pop()
        for entry in os.scandir(f"{upper}/{path}"):
            inner = f"{path}/{entry.name}" if path else entry.name
            found = entry.stat(follow_symlinks=False)
            holds = any(name.startswith(f"{inner}/") for name in skipped)
            if not stat.S_ISDIR(found.st_mode):
                if inner in skipped and stat.S_ISREG(found.st_mode) and not found.st_size:
                    continue
                return False
            if not (inner in skipped or holds or _is_as_below(found, lowers, inner, owner_of)):
                return False
            if is_opaque(entry.path) or not (inner in skipped or holds or _adds_none(entry.path, lowers, inner)):
                return False
            pending.append(inner)
    return True


def _is_as_below(
    found: os.stat_result,
    lowers: tuple[str, ...],
    path: str,
    owner: Callable[[os.stat_result], tuple[int, int]] | None,
) -> bool:
    for lower in reversed(lowers):
        try:
            below = os.lstat(f"{lower}/{path}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        same = stat.S_ISDIR(below.st_mode) and found.st_mode == below.st_mode
        return same and (owner is None or _own(found) in {owner(below), _own(below)})
    return False


def _adds_none(place: str, lowers: tuple[str, ...], path: str) -> bool:
    """Whether a directory has no attribute beside the topmost one below it; that of a mirror has none at all."""
    below = next((f"{lower}/{path}" for lower in reversed(lowers) if os.path.isdir(f"{lower}/{path}")), None)
    known = _attributes(below) if below else {}
    return all(known.get(key) == value for key, value in _attributes(place).items())


def _attributes(path: str) -> dict[str, bytes]:
    try:
        names = [key for key in os.listxattr(path, follow_symlinks=False) if not key.startswith(NO_ATTRIBUTES)]
        return {key: os.getxattr(path, key, follow_symlinks=False) for key in names}
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise

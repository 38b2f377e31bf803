"""Metadata of what stays where it is: read it, set it, and open directories that their owner's own mode closes."""

import os
import stat

from hull.kernel import syscalls
from hull.trials import journal_copying
from hull.trials.journal import Meta, Place
from hull.trials.journal_places import Places, at

_OPEN = 0o700


def of(found: os.stat_result) -> Meta:
    """Return the metadata of what was found, its attributes left out."""
    mode = stat.S_IMODE(found.st_mode)
    return Meta(mode, found.st_uid, found.st_gid, found.st_atime_ns, found.st_mtime_ns)


def encoded(attributes: dict[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Return attributes as a plan has them."""
    return tuple(sorted((name, value.hex()) for name, value in attributes.items()))


def opened(places: Places, place: Place) -> int:
    """Return a descriptor of the very file that a place is; OSError where another one has come there."""
    home = places.home(place.path)
    fd = syscalls.openat2(home.fd, home.name, os.O_PATH | os.O_NOFOLLOW, resolve=syscalls.RESOLVE_NO_SYMLINKS)
    found = os.fstat(fd)
    if (found.st_dev, found.st_ino) != (place.device, place.inode):
        os.close(fd)
        raise FileNotFoundError(2, "another one has come in its place", place.path)
    return fd


def put(places: Places, place: Place, wanted: Meta) -> None:
    """Give a place this metadata; only what differs is written. Repeating it changes nothing.

    A directory of somebody else's, in which the caller may name things, gets its times from the kernel alone.
    """
    fd = opened(places, place)
    try:
        path, found = at(fd), os.fstat(fd)
        if not place.asked and found.st_uid != os.geteuid() != 0:
            return
        if (found.st_uid, found.st_gid) != (wanted.uid, wanted.gid):
            os.chown(path, wanted.uid, wanted.gid)
        if wanted.attributes is not None:
            _let(path, found)
            journal_copying.set_attributes(path, {name: bytes.fromhex(value) for name, value in wanted.attributes})
        if stat.S_IMODE(os.fstat(fd).st_mode) != wanted.mode:
            os.chmod(path, wanted.mode)
        if (found.st_atime_ns, found.st_mtime_ns) != (wanted.accessed, wanted.modified):
            os.utime(path, ns=(wanted.accessed, wanted.modified))
    finally:
        os.close(fd)


def _let(path: str, found: os.stat_result) -> None:
    """Let the owner write attributes; the mode comes after them."""
    if not found.st_mode & stat.S_IWUSR or not found.st_mode & stat.S_IRUSR:
        os.chmod(path, stat.S_IMODE(found.st_mode) | 0o600)


def deepest_first(found: tuple[Place, ...]) -> list[Place]:
    """Return places so that what a directory's mode closes comes before it."""
    return sorted(found, key=lambda place: (-place.path.rstrip("/").count("/"), place.path))


def unlock(places: Places, place: Place) -> None:
    """Let the owner make and name things in a directory whose mode forbids it: the plan knows the mode."""
    fd = opened(places, place)
    try:
        found = os.fstat(fd)
        mine = found.st_uid == os.geteuid() != 0
        if stat.S_ISDIR(found.st_mode) and mine and found.st_mode & _OPEN != _OPEN:
            os.chmod(at(fd), stat.S_IMODE(found.st_mode) | _OPEN)
    finally:
        os.close(fd)

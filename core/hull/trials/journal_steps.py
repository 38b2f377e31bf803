"""The steps of a pass, one entry at a time. Each can be repeated, and can tell whether it was done.

The staged name lies beside the entry: until the exchange it holds what comes, after it what went.
"""

import errno
import os
import stat

from hull.kernel import syscalls
from hull.trials import journal_copying, journal_prints
from hull.trials.journal import Mark, Plan, Unit
from hull.trials.journal_places import Home, Places, sync

PART, GONE, SAVE = b".part", b".gone", b".save"
_CANNOT = {
    errno.EINVAL: "its file system cannot exchange two names in one step, so it is not changed safely",
    errno.EXDEV: "its file system cannot rename a directory that it merges of several",
    errno.EBUSY: "something is mounted there",
}


class Changed(OSError):  # noqa: N818 (what it says)
    """Somebody else changed an entry since it was looked at."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ESTALE, "it changed meanwhile", path)


def bring(plan: Plan, places: Places, unit: Unit) -> None:
    """Stage what a slot holds beside its entry."""
    if unit.there is not None:
        home = places.home(unit.path)
        slots, name = places.home(plan.slot(unit))
        _move(slots, name, home.fd, plan.staged(unit), keep=True)


def save(plan: Plan, places: Places, unit: Unit) -> Unit:
    """Copy what will go where it cannot be moved to the store: a full disk is met before anything is changed.

    Returns the unit; a directory that was opened for the copy has another mark.
    """
    home, (slots, name) = places.home(unit.path), places.home(plan.slot(unit))
    if unit.here is None or os.fstat(home.fd).st_dev == os.fstat(slots).st_dev:
        return unit
    _unchanged(home, unit)
    _copy(home.fd, home.name, slots, name + SAVE)
    found = home.status()
    if found is None or not Mark.of(found).renamed(unit.here):  # what somebody wrote meanwhile is not in the copy
        raise Changed(unit.path)
    return unit._replace(here=Mark.of(found))


def exchange(plan: Plan, places: Places, unit: Unit) -> None:
    """Let what comes take the entry's place; Changed, and nothing done, where the entry is not what it was."""
    home = places.home(unit.path)
    if exchanged(plan, home, unit):
        return
    _unchanged(home, unit)
    if unit.here is None and unit.there is None:  # forced: it has gone by itself
        return
    _swap(home, plan.staged(unit), unit)
    went = home.status(plan.staged(unit))
    if unit.here is not None and (went is None or not Mark.of(went).renamed(unit.here) or _grew(plan, places, unit)):
        _swap_back(home, plan.staged(unit), unit)
        raise Changed(unit.path)


def _grew(plan: Plan, places: Places, unit: Unit) -> bool:
    """Whether what went is more than the copy of it that the store has: it lies on another file system."""
    home, (slots, name) = places.home(unit.path), places.home(plan.slot(unit))
    saved = os.path.lexists(f"{plan.slot(unit)}{SAVE.decode()}")
    return saved and journal_prints.contents(home.fd, plan.staged(unit)) != journal_prints.contents(slots, name + SAVE)


def _unchanged(home: Home, unit: Unit) -> None:
    found = home.status()
    if found is None or unit.here is None:
        same = found is None and unit.here is None
    else:  # the exchange of another name of the file is seen in st_ctime
        several = found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode)
        same = Mark.of(found).renamed(unit.here) if several else Mark.of(found) == unit.here
    if not same:
        raise Changed(unit.path)


def exchanged(plan: Plan, home: Home, unit: Unit) -> bool:
    """Whether what comes is there, and what went is at the staged name."""
    if unit.there is not None:
        found = home.status()
        return found is not None and (found.st_dev, found.st_ino) == unit.there.file
    went = home.status(plan.staged(unit))
    return went is not None and unit.here is not None and (went.st_dev, went.st_ino) == unit.here.file


def withdraw(plan: Plan, places: Places, unit: Unit) -> None:
    """Give the entry's place back to what was there; Changed where somebody else's is there now."""
    home = places.home(unit.path)
    if exchanged(plan, home, unit):
        _swap_back(home, plan.staged(unit), unit)


def put_away(plan: Plan, places: Places, unit: Unit) -> None:
    """Move what went into the slot; what came from there is gone from it."""
    home, (slots, name) = places.home(unit.path), places.home(plan.slot(unit))
    staged = plan.staged(unit)
    if unit.here is None:
        journal_copying.remove(slots, name)
        return
    if home.status(staged) is not None:
        journal_copying.remove(slots, name)
        if os.path.lexists(f"{plan.slot(unit)}{SAVE.decode()}"):
            os.rename(name + SAVE, name, src_dir_fd=slots, dst_dir_fd=slots)
            _gone(home.fd, staged)
        else:
            _move(home.fd, staged, slots, name, keep=False)
    journal_copying.remove(home.fd, staged + GONE)
    if stat.S_ISDIR(unit.here.mode):
        os.chmod(name, stat.S_IMODE(unit.here.mode), dir_fd=slots)


def unstage(plan: Plan, places: Places, unit: Unit, *, back: bool) -> None:
    """Take what was staged and saved away; with `back` it goes into its slot, if that is where it came from."""
    home, (slots, name) = places.home(unit.path), places.home(plan.slot(unit))
    for suffix in (SAVE, PART, SAVE + PART):
        journal_copying.remove(slots, name + suffix)
    staged = plan.staged(unit)
    journal_copying.remove(home.fd, staged + PART)
    if home.status(staged) is not None:
        if back and not os.path.lexists(plan.slot(unit)):
            _move(home.fd, staged, slots, name, keep=False)
        else:
            journal_copying.remove(home.fd, staged)
    if back and unit.there is not None and stat.S_ISDIR(unit.there.mode):
        os.chmod(name, stat.S_IMODE(unit.there.mode), dir_fd=slots)


def _swap(home: Home, staged: bytes, unit: Unit) -> None:
    _turn(home, staged, home.name, unit)


def _swap_back(home: Home, staged: bytes, unit: Unit) -> None:
    _turn(home, home.name, staged, unit)


def _turn(home: Home, comes: bytes, goes: bytes, unit: Unit) -> None:
    if unit.here is None:
        _rename(home, comes, goes, syscalls.RENAME_NOREPLACE, unit.path)
    elif unit.there is None:
        _rename(home, goes, comes, syscalls.RENAME_NOREPLACE, unit.path)
    else:
        _rename(home, comes, goes, syscalls.RENAME_EXCHANGE, unit.path)


def _rename(home: Home, name: bytes, new: bytes, flags: int, path: str) -> None:
    """Rename in a directory; OSError names the entry, not the hidden name, and says what its file system cannot do."""
    try:
        syscalls.rename(home.fd, name, home.fd, new, flags)
    except OSError as error:
        raise OSError(error.errno, _CANNOT.get(error.errno or 0) or os.strerror(error.errno or 0), path) from error


def _move(source: int, name: bytes, target: int, new: bytes, *, keep: bool) -> None:
    """Move an entry between directories; between file systems copy it, and `keep` the first until it is put away."""
    found = os.stat(name, dir_fd=source, follow_symlinks=False)
    closed = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & stat.S_IWUSR
    if closed:  # a directory that changes its parent is written to
        os.chmod(name, stat.S_IMODE(found.st_mode) | 0o700, dir_fd=source)
    try:
        syscalls.rename(source, name, target, new, syscalls.RENAME_NOREPLACE)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if closed:
            os.chmod(name, stat.S_IMODE(found.st_mode), dir_fd=source)
        _copy(source, name, target, new)
        if not keep:
            _gone(source, name)
        return
    if closed:
        os.chmod(new, stat.S_IMODE(found.st_mode), dir_fd=target)


def _copy(source: int, name: bytes, target: int, new: bytes) -> None:
    """Copy an entry; it appears whole and durable."""
    journal_copying.remove(target, new + PART)
    journal_copying.tree(source, name, target, new + PART)
    sync(target)
    os.rename(new + PART, new, src_dir_fd=target, dst_dir_fd=target)


def _gone(source: int, name: bytes) -> None:
    """Remove what has a whole copy elsewhere; cut off, it is never taken for whole again."""
    os.rename(name, name + GONE, src_dir_fd=source, dst_dir_fd=source)
    journal_copying.remove(source, name + GONE)

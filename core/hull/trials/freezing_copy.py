"""Copy what changed in an upper directory that is in use, into a layer over the ones that were copied before.

Theory of operation. A mounted upper cannot be swapped, so a running container's state is the layers below its upper,
a copy of the upper as it was, and further layers with what has changed in it since. What has changed is told by the
`Index` of the last copy: every entry's inode number, ctime, size and mode. Each write moves the ctime, by the kernel's
coarse clock: an entry that changed in the very tick of its copy could change again and look the same, so that tick is
waited out before it is copied. Looking costs a stat for each entry of the upper, copying the change alone.

A name that went is a whiteout in the new layer: overlayfs itself leaves none where no layer below the upper has it. A
directory that has become opaque is copied whole. What was hidden and no longer is cannot be said by a layer
(`Uncovered`): then the upper is copied whole, over the layers below it.

What a program writes through a shared mapping moves the ctime when the page is first written to and when it goes to the
disk, not at each store: the last of them may be in the next copy only.
"""

import errno
import os
import stat
from contextlib import suppress

from hull.images import links, tree
from hull.light import Any, NamedTuple
from hull.trials.freezing_index import DIRECTORY, Index, Sign, calm, is_whiteout, look, sign, touched
from hull.trials.walking_places import Places

_REPLACED = (errno.EINVAL, errno.ELOOP, errno.ENXIO, errno.ENOENT)  # what a name that means another thing answers


class Uncovered(Exception):  # noqa: N818 (what it says)
    """Something that the copied layers hide is to be seen again."""


class Copied(NamedTuple):
    """What a copy found: the index of the upper, and how many entries it wrote; none where nothing had changed."""

    seen: Index
    entries: int


def copy(upper: str, target: str, before: Index | None, *, own: bool = False) -> Copied:
    """Copy what is not in `before` into the empty directory `target`; with None, everything.

    With `own`, an entry of somebody else's is a PermissionError: the caller cannot give it its owner.
    """
    now = look(upper)
    if now == before:
        return Copied(now, 0)
    source, goal = os.open(upper, DIRECTORY), os.open(target, DIRECTORY)
    made = _Copy(now, before, goal, own=own)
    try:
        made.top(source)
    finally:
        made.close()
        os.close(source)
        os.close(goal)
    return Copied(made.index, made.entries)


class _Copy:
    """One copy. `index` is what it saw: each entry's status was taken before its content.

    Directories in which the look `now` found everything as before are not looked at again.
    """

    def __init__(self, now: Index, before: Index | None, goal: int, *, own: bool) -> None:
        self._before, self._goal, self._own = before, goal, own
        self._first: dict[int, str] = {}
        self._places: Places | None = None
        self._touched = {"."} if before is None else touched(now, before)
        self.index: Index = dict(now)
        self.entries = 0

    def top(self, source: int) -> None:
        now = sign(os.fstat(source), source)
        self.index["."] = {".": now}
        self._owned(os.fstat(source))
        level = _Level(source, self._goal, "")
        self._directory(level, self._before is not None)
        changed = self._before is None or self._before.get(".", {}).get(".") != now
        if changed or self.entries:
            self.entries += int(self._before is not None and self._before["."]["."][3] != now[3])
            _dress(source, self._goal, opaque=False)

    def close(self) -> None:
        """Close what is open still."""
        if self._places is not None:
            self._places.close()

    def _directory(self, level: "_Level", known: bool) -> None:
        """Copy what changed in a directory; not `known`: everything in it."""
        before = self._before.get(level.path, {}) if known and self._before is not None else {}
        names = self.index[level.path] = {}
        for name in sorted(os.listdir(level.source)):
            with suppress(FileNotFoundError, NotADirectoryError):
                found = os.stat(name, dir_fd=level.source, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    names[name] = self._below(level, name, before.get(name))
                else:
                    names[name] = self._file(level, name, before.get(name), found)
        for name in before.keys() - names.keys():
            if is_whiteout(before[name]):
                raise Uncovered(level.path + name)
            tree.mark(level.goal(), b".", tree.ORIGIN, b"")
            os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=level.goal())
            self.entries += 1

    def _below(self, level: "_Level", name: str, before: Sign | None) -> Sign:
        fd = os.open(name, DIRECTORY, dir_fd=level.source)
        try:
            found = os.fstat(fd)
            now = sign(found, fd)
            if before != now:
                found, now = calm(found, lambda: os.fstat(fd))
                now[2:] = sign(found, fd)[2:]
            known = before is not None and stat.S_ISDIR(before[3])
            if known and before is not None and before[4] > now[4]:
                raise Uncovered(level.path + name)
            if before is not None and not known and not now[4] and is_whiteout(before):
                raise Uncovered(level.path + name)
            known = known and before is not None and before[4] == now[4]
            inner = _Level(fd, -1, f"{level.path}{name}/", level, name)
            if before != now:
                self._owned(found)
                inner.goal()
                self.entries += 1
            if not known or inner.path in self._touched:
                self._directory(inner, known)
            inner.close(opaque=bool(now[4]) and not known)
            return now
        finally:
            os.close(fd)

    def _file(self, level: "_Level", name: str, before: Sign | None, found: os.stat_result) -> Sign:
        now = sign(found)
        if before == now:
            return now
        found, now = calm(found, lambda: os.stat(name, dir_fd=level.source, follow_symlinks=False))
        if stat.S_ISDIR(found.st_mode):
            raise FileNotFoundError(errno.ENOENT, "a directory meanwhile")
        self._owned(found)
        self.entries += 1
        goal = level.goal()
        if tree.is_whiteout(found):
            tree.mark(goal, b".", tree.ORIGIN, b"")
            os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=goal)
        elif found.st_nlink > 1 and found.st_ino in self._first:
            first, first_name = self._first_of(found)
            os.link(first_name, name, src_dir_fd=first, dst_dir_fd=goal, follow_symlinks=False)
        else:
            self._content(level, name, goal)
            if found.st_nlink > 1:
                self._first[found.st_ino] = f"/{level.path}{name}"
        return now

    def _first_of(self, found: os.stat_result) -> tuple[int, str]:
        """Return the directory and the name under which a file was copied; there may be many: none stays open."""
        self._places = self._places or Places(os.dup(self._goal))
        return self._places.parent(self._first[found.st_ino])

    def _content(self, level: "_Level", name: str, goal: int) -> None:
        try:
            links.copy_up(level.source, os.fsencode(name), goal, os.fsencode(name))
        except OSError as error:
            if error.errno not in _REPLACED:
                raise
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=goal)
            raise FileNotFoundError(error.errno, "something else meanwhile") from None

    def _owned(self, found: os.stat_result) -> None:
        if self._own and (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
            raise PermissionError(1, "another's")


class _Level:
    """A directory on the way, and its copy, which is made when there is something to put into it."""

    def __init__(self, source: int, goal: int, path: str, above: "_Level | None" = None, name: str = "") -> None:
        self.source, self.path = source, path
        self._goal, self._above, self._name = goal, above, name

    def goal(self) -> int:
        """Return the copy's descriptor."""
        if self._goal < 0 and self._above is not None:
            parent = self._above.goal()
            os.mkdir(self._name, 0o700, dir_fd=parent)
            self._goal = os.open(self._name, DIRECTORY, dir_fd=parent)
        return self._goal

    def close(self, *, opaque: bool) -> None:
        """Give the copy what the directory has, if one was made."""
        if self._goal >= 0:
            _dress(self.source, self._goal, opaque=opaque)
            os.close(self._goal)


def _dress(source: int, goal: int, *, opaque: bool) -> None:
    found = os.fstat(source)
    os.fchown(goal, found.st_uid, found.st_gid)
    os.fchmod(goal, stat.S_IMODE(found.st_mode))
    attributes: dict[str, Any] = {key: os.getxattr(source, key) for key in os.listxattr(source)}
    for key, value in attributes.items():
        if not key.startswith("user.overlay.") or key == tree.ORIGIN:
            os.setxattr(goal, key, value)
    if opaque:
        os.setxattr(goal, tree.OPAQUE, b"y")
    os.utime(goal, ns=(found.st_atime_ns, found.st_mtime_ns))

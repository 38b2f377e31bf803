"""New versions, made beside what they will replace: complete with content and metadata before anything is exchanged."""

import errno
import os
import stat

from hull.light import NamedTuple
from hull.trials import journal_copying, keeping_links
from hull.trials.changes import CHANGED, TYPE, XATTR, Change, Entry
from hull.trials.journal import Plan, Unit
from hull.trials.journal_places import Home, Places, at, named
from hull.trials.keeping_choosing import Chosen, is_below
from hull.trials.keeping_owners import Owners
from hull.trials.keeping_plans import Prepared
from hull.trials.keeping_source import Source

_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP)
_DEFAULT = "system.posix_acl_default"


class Deep(NamedTuple):
    """A new directory that is being filled."""

    path: str
    fd: int
    one: Chosen


class Stager:
    """Makes what a keep brings, in the order of the chosen changes."""

    def __init__(
        self, owners: Owners, chosen: list[Chosen], prepared: Prepared, source: Source, contents: dict[str, bytes]
    ) -> None:
        self._owners, self._trees, self._source, self._contents = owners, prepared.trees, source, contents
        self._first = keeping_links.staying(chosen)

    def __call__(self, plan: Plan, places: Places) -> None:
        """Stage every unit."""
        for unit in plan.units:
            if unit.number in self._trees:
                self._unit(plan, places, unit)

    def _unit(self, plan: Plan, places: Places, unit: Unit) -> None:
        home = places.home(unit.path)
        above = os.stat(at(home.fd))
        inherited = _DEFAULT in journal_copying.attributes(at(home.fd))
        hidden = f"{os.path.dirname(unit.path).rstrip('/')}/{plan.staged(unit).decode()}"
        stack: list[Deep] = []
        try:
            for one in self._trees[unit.number]:
                while stack and not is_below(one.change.path, (stack[-1].path,)):
                    self._leave(stack.pop(), above)
                if stack:
                    place = Home(stack[-1].fd, os.fsencode(os.path.basename(one.change.path)))
                else:
                    place = Home(home.fd, plan.staged(unit))
                where = hidden + one.change.path[len(unit.path) :]
                with named(one.change.path):
                    fd = self._entry(place, places, one, where, above, home if place.fd == home.fd else None, inherited)
                if fd >= 0:
                    stack.append(Deep(one.change.path, fd, one))
            while stack:
                self._leave(stack.pop(), above)
        finally:
            for left in stack:
                os.close(left.fd)

    def _entry(  # noqa: PLR0917 (where, what, and what is around)
        self,
        place: Home,
        places: Places,
        one: Chosen,
        where: str,
        above: os.stat_result,
        old: Home | None,
        inherited: bool,
    ) -> int:
        """Make one entry; return a descriptor of a directory, which is settled when it is left."""
        new = _new(one.change)
        if new.kind == "directory":
            os.mkdir(place.name, 0o700, dir_fd=place.fd)
            return place.open(_LIST)
        known = self._known(one.change, new, where)
        if known and self._linked(place, places.home(known)):
            if new.kind == "file" and not self._contents.get(one.change.path):
                os.close(self._source.next(one.change.path))
        elif new.kind == "file":
            self._file(place, one, above, old, inherited)
        else:
            self._special(place, one, new)
        return -1

    def _known(self, change: Change, new: Entry, where: str) -> str:
        """Return the name that the file already has here, "" where it is the first."""
        if new.links < 2 or change.path in self._contents:  # noqa: PLR2004 (another)
            return ""
        first = self._first.setdefault((change.layer, new.file), where)
        return "" if first == where else first

    @staticmethod
    def _linked(place: Home, first: Home) -> bool:
        """Make another name of a file; False where that cannot be, as between file systems: a copy it is, then."""
        try:
            os.link(first.name, place.name, src_dir_fd=first.fd, dst_dir_fd=place.fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return False
        return True

    def _file(self, place: Home, one: Chosen, above: os.stat_result, old: Home | None, inherited: bool) -> None:
        change, new = one.change, _new(one.change)
        fd = os.open(place.name, _MAKE, 0o600, dir_fd=place.fd)
        try:
            given = self._contents.get(change.path)
            source = self._source.next(change.path) if given is None else -1
            try:
                times = self._fill(fd, source, given, new)
            finally:
                if source >= 0:
                    os.close(source)
            _give(fd, one)  # first: the kernel takes file capabilities away with it
            self._attributes(fd, one, above, old, inherited)
            self._settle(fd, one, new.mode, times)
        finally:
            os.close(fd)

    @staticmethod
    def _fill(fd: int, source: int, given: bytes | None, new: Entry) -> tuple[int, int]:
        """Write the content; return the times that the file is to have."""
        if given is not None:
            view = memoryview(given)
            while view:
                view = view[os.write(fd, view) :]
            found = os.fstat(fd)
            return found.st_atime_ns, found.st_mtime_ns
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.ESTALE, "it is no file any more")
        journal_copying.content(source, fd, found.st_size, sparse=found.st_blocks * 512 < found.st_size)
        return found.st_atime_ns, new.mtime

    def _attributes(self, fd: int, one: Chosen, above: os.stat_result, old: Home | None, inherited: bool) -> None:
        """Give a new file its attributes: the host's where the try did not change them."""
        change = one.change
        if change.kind == CHANGED and not {TYPE, XATTR} & {*change.what} and old is not None:
            wanted = journal_copying.attributes(f"{at(old.fd)}/{os.path.basename(change.path)}", follow=False)
        else:
            wanted = self._owners.attributes(_new(change).xattrs, above)
        if wanted or inherited:
            journal_copying.set_attributes(at(fd), wanted)

    @staticmethod
    def _settle(fd: int, one: Chosen, mode: int, times: tuple[int, int]) -> None:
        os.fchmod(fd, mode)
        os.utime(fd, ns=times)
        if mode & 0o6000 and stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            raise OSError(errno.EPERM, "the kernel does not let you set its mode", one.change.path)

    @staticmethod
    def _special(place: Home, one: Chosen, new: Entry) -> None:
        if new.kind == "link":
            os.symlink(os.fsencode(new.target), place.name, dir_fd=place.fd)
        else:
            kind = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "char": stat.S_IFCHR, "block": stat.S_IFBLK}
            os.mknod(place.name, kind[new.kind] | 0o600, new.device, dir_fd=place.fd)
        made = os.stat(place.name, dir_fd=place.fd, follow_symlinks=False)
        if (made.st_uid, made.st_gid) != (one.uid, one.gid):
            os.chown(place.name, one.uid, one.gid, dir_fd=place.fd, follow_symlinks=False)
        if new.kind != "link":
            os.chmod(place.name, new.mode, dir_fd=place.fd)
        os.utime(place.name, ns=(new.mtime, new.mtime), dir_fd=place.fd, follow_symlinks=False)

    def _leave(self, deep: Deep, above: os.stat_result) -> None:
        """Settle a directory that has all its entries."""
        try:
            new = _new(deep.one.change)
            _give(deep.fd, deep.one)
            journal_copying.set_attributes(at(deep.fd), self._owners.attributes(new.xattrs, above))
            self._settle(deep.fd, deep.one, new.mode, (new.mtime, new.mtime))
        finally:
            os.close(deep.fd)


def _give(fd: int, one: Chosen) -> None:
    made = os.fstat(fd)
    if (made.st_uid, made.st_gid) != (one.uid, one.gid):
        os.fchown(fd, one.uid, one.gid)


def _new(change: Change) -> Entry:
    assert change.new is not None  # noqa: S101 (what comes has one)
    return change.new

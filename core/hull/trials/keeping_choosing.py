"""Which of a try's changes are kept, and which of these the caller can make."""

import os
import stat
from collections.abc import Iterable

from hull.errors import UserError
from hull.light import NamedTuple
from hull.trials.changes import ADDED, CHANGED, OWNER, TIME, TYPE, Change
from hull.trials.journal_places import Places, at
from hull.trials.keeping_owners import Owners, groups

POWERS = ("security.", "trusted.")  # attributes that root alone sets


class Wanted(NamedTuple):
    """What was asked. Paths are absolute; `force`, `trust` and `skip` may hold `all`, empty `paths` mean all.

    `exact`: a path means its own change alone, not what is below it.
    `contents` are the bytes of files of which only parts were chosen.
    """

    paths: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    contents: dict[str, bytes] = {}  # noqa: RUF012 (never changed)
    exact: bool = False

    def takes(self, path: str) -> bool:
        """Whether a path was asked for."""
        asked = not self.paths or (path in self.paths if self.exact else is_below(path, self.paths))
        return asked and not is_below(path, self.skip)


class Chosen(NamedTuple):
    """A change with what it is on the host: the owner it is to have, `here` what is there now.

    `root` says why the caller cannot make it, "" where they can.
    """

    change: Change
    uid: int
    gid: int
    here: os.stat_result | None
    root: str = ""

    @property
    def replaces(self) -> bool:
        """Whether an entry comes, or comes in the place of another; else it goes, or its metadata alone changes."""
        kind, what = self.change.kind, self.change.what
        if kind != CHANGED:
            return kind == ADDED
        if self.is_directory:
            return TYPE in what
        several = self.here is not None and self.here.st_nlink > 1
        return several or self.change.new is None or self.change.new.kind != "file" or bool({TYPE, "content"} & {*what})

    @property
    def is_directory(self) -> bool:
        """Whether the new entry is a directory."""
        return self.change.new is not None and self.change.new.kind == "directory"


def key(path: str) -> list[bytes]:
    """Return what sorts paths so that a directory is followed by what is below it."""
    return os.fsencode(path).split(b"/")


def is_below(path: str, tops: Iterable[str]) -> bool:
    """Whether a path is one of these or below one."""
    return any(path == top or top in ("/", "all") or path.startswith(f"{top}/") for top in tops)


def spelt(path: str) -> str:
    """Return a path as a shell's word, on one line and with nothing that a terminal would obey."""
    import shlex

    if path.isprintable():
        return shlex.quote(path)
    plain = set(range(0x20, 0x7F)) - {*b"'\\"}
    return "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(path)) + "'"


def followed(path: str) -> str:
    """Return an absolute path with the links in its directories followed, the entry itself not."""
    return path if path == "/" else os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _known(path: str, changes: list[Change]) -> str:
    """Return a path as the try knows it: what is a link here may be a directory there, and the other way round."""
    for way in (path, followed(path)):
        if any(is_below(change.path, (way,)) for change in changes):
            return way
    raise UserError(f"cannot keep {path}: the try did not change it", "hull diff lists what it changed")


def select(changes: list[Change], wanted: Wanted) -> list[Change]:
    """Return the changes that were asked for, with the new directories that they need above them."""
    ordered = sorted(changes, key=lambda change: key(change.path))
    known = {change.path: change for change in ordered}
    if not wanted.exact:
        wanted = wanted._replace(paths=tuple(_known(path, ordered) for path in wanted.paths))
    chosen = {change.path for change in ordered if wanted.takes(change.path)}
    for path in tuple(chosen):
        above = os.path.dirname(path)
        while above != "/" and above not in chosen:
            change = known.get(above)
            if change is not None and (change.kind == ADDED or TYPE in change.what):
                chosen.add(above)
            above = os.path.dirname(above)
    return [change for change in ordered if change.path in chosen]


class Judge:
    """Finds what each change is on the host, and whether the caller can make it."""

    def __init__(self, places: Places, owners: Owners) -> None:
        self._places, self._owners, self._groups = places, owners, groups()
        self._above: list[tuple[str, str, os.stat_result]] = []  # new trees that the change may be below

    def judge(self, change: Change) -> Chosen:
        """Return a change with its owner and what is in its way; in the order of paths, parents first."""
        while self._above and not is_below(change.path, (self._above[-1][0],)):
            self._above.pop()
        if self._above:
            _, reason, above = self._above[-1]
            return self._new(change, above, reason, None)
        try:
            home = self._places.home(change.path)
            here = home.status()
        except OSError as error:
            reason = f"its directory: {error.strerror}"
            found = Chosen(change, *self._numbers(change, os.stat("/"), None), None, reason)
            above = os.stat("/")
        else:
            above = os.stat(at(home.fd))
            reason = self._directory(home.fd, change, above, here)
            found = self._new(change, above, reason, here)
        if found.is_directory and found.replaces:
            self._above.append((change.path, found.root, above))
        return found

    def _new(self, change: Change, above: os.stat_result, reason: str, here: os.stat_result | None) -> Chosen:
        uid, gid = self._numbers(change, above, here)
        return Chosen(change, uid, gid, here, reason or self._entry(change, uid, gid, here))

    def _numbers(self, change: Change, above: os.stat_result, here: os.stat_result | None) -> tuple[int, int]:
        if here is not None and (change.new is None or (change.kind == CHANGED and OWNER not in change.what)):
            return here.st_uid, here.st_gid
        return (0, 0) if change.new is None else self._owners.owner(change.new.uid, change.new.gid, above)

    def _directory(self, fd: int, change: Change, above: os.stat_result, here: os.stat_result | None) -> str:
        """Return why the caller cannot name things in the directory of a change."""
        caller = os.geteuid()
        if not caller:
            return ""
        in_place = change.kind == CHANGED and TYPE not in change.what and change.new is not None
        if in_place and change.new is not None and change.new.kind == "directory":
            return ""
        if above.st_uid != caller and not os.access(at(fd), os.W_OK | os.X_OK, effective_ids=True):
            return "its directory is not yours"
        if here is not None and above.st_mode & stat.S_ISVTX and caller not in (above.st_uid, here.st_uid):
            return f"it belongs to {here.st_uid}"
        return ""

    def _entry(self, change: Change, uid: int, gid: int, here: os.stat_result | None) -> str:
        new = change.new
        if not os.geteuid() or new is None:
            return self._removal(change, here) if os.geteuid() else ""
        if change.blind:
            return "you may not read it"
        if new.kind in ("char", "block") or any(name.startswith(POWERS) for name, _ in new.xattrs):
            return "it is a device" if new.kind in ("char", "block") else "it has file capabilities"
        if here is not None and here.st_uid != os.geteuid():
            return f"it belongs to {here.st_uid}"
        return "" if uid == os.geteuid() and gid in self._groups else f"it is to belong to {uid}:{gid}"

    def _removal(self, change: Change, here: os.stat_result | None) -> str:
        """Return why what is removed could not be kept and thrown away later: directories of others in it."""
        if here is None or not stat.S_ISDIR(here.st_mode):
            return ""
        for directory, below, _ in os.walk(change.path):
            for path in (directory, *(f"{directory}/{name}" for name in below)):
                if not os.path.islink(path) and os.lstat(path).st_uid != os.geteuid():
                    return f"{path} is not yours"
        return ""


def minor(chosen: Chosen) -> bool:
    """Whether it is only the time of a directory of somebody else's: what happens in it changes that anyway."""
    return bool(chosen.root) and chosen.is_directory and chosen.change.what == (TIME,)

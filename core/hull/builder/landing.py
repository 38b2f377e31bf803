"""Where COPY and ADD put files, in the confined child: the destination by Docker's rules, owners, modes."""

import os

from hull.dockerfile import modes
from hull.errors import UserError
from hull.images import tarheader
from hull.images.accounts import Ids
from hull.images.placing import Owners, Placer
from hull.images.resolving import Root
from hull.images.tarheader import Entry
from hull.images.tarstream import TarStream
from hull.kernel import syscalls
from hull.light import NamedTuple

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LINKS_MOST = 40


class Spot(NamedTuple):
    """A destination: an absolute `path`, a slash at its end where a directory is meant.

    `single`: one file comes, which takes the path's last name unless a directory is there. `chown` is --chown's word;
    without it owners stay as they are in the archive. `chmod` is --chmod's, for everything but links. `unpack`: an
    archive comes, whose own top is the destination's. `lenient`: names that climb end at the destination, as `/..` is
    `/`; otherwise they are an error.
    """

    path: str
    single: bool = False
    chown: str = ""
    chmod: str = ""
    unpack: bool = False
    lenient: bool = False


def land(root: int, spot: Spot, owner: Ids | None, stream: TarStream, flavour: str) -> None:
    """Place every entry of the stream below the root."""
    top: bytes | None = None
    if spot.single and not spot.path.endswith("/"):
        above, name = os.path.split(spot.path)
        parent, _ = make(root, above, owner)
        found = Root(root).find(spot.path)
        if found.is_directory:
            fd, fresh = found.directory, False
        else:
            fd, fresh, top = found.directory, False, os.fsencode(found.name or name)
        os.close(parent)
    else:
        fd, fresh = make(root, spot.path, owner)
    lander = _Lander(fd, owner, modes.parse(spot.chmod) if spot.chmod else None, flavour, fresh=fresh)
    lander.lenient = spot.lenient
    lander.place(stream, top)
    if lander.top is not None:
        lander.settle_top(fd, unpack=spot.unpack)


def make(root: int, path: str, owner: Ids | None, depth: int = 0) -> tuple[int, bool]:
    """Return a directory of the tree, made with its parents if missing, and whether it was; links are followed."""
    fd, made = os.dup(root), False
    prefix = b""
    for part in [one for one in os.fsencode(path).split(b"/") if one not in (b"", b".")]:
        prefix += b"/" + part
        above, made = fd, False
        try:
            fd = syscalls.openat2(root, prefix, _DIRECTORY, 0, syscalls.RESOLVE_IN_ROOT)
        except FileNotFoundError:
            fd, made = _made(root, above, prefix, owner, depth), True
        except NotADirectoryError:
            raise UserError(f"cannot make {path}: {os.fsdecode(prefix)} is no directory", "name another") from None
        finally:
            os.close(above)
    return fd, made


def _made(root: int, above: int, path: bytes, owner: Ids | None, depth: int) -> int:
    """Make one directory, or where a link to nothing stands, what it leads to inside the tree."""
    name = os.path.basename(path)
    try:
        os.mkdir(name, 0o755, dir_fd=above)
    except FileExistsError:
        if depth >= _LINKS_MOST:
            raise UserError(f"cannot make {os.fsdecode(path)}: too many links", "name what it leads to") from None
        target = os.path.join(os.path.dirname(path), os.readlink(name, dir_fd=above))
        return make(root, os.fsdecode(os.path.normpath(target)), owner, depth + 1)[0]
    if owner:
        os.chown(name, *owner, dir_fd=above, follow_symlinks=False)
    return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)


class _Lander(Placer):
    """Places with the instruction's owner and mode; a new destination takes an archive's, and of a copy the time."""

    def __init__(self, fd: int, owner: Ids | None, mode: modes.Mode | None, flavour: str, *, fresh: bool) -> None:
        super().__init__(fd, Owners(keep=True, host=False))
        self._meta.single = flavour == "single"
        self._renewing = True  # as BuildKit has it
        self._ids, self._mode, self._fresh = owner, mode, fresh
        self.top: Entry | None = None
        self.lenient = False

    def one(self, entry: Entry, stream: TarStream, top: bytes | None = None) -> None:
        """Place the entry that was just read."""
        if self.lenient:
            name, link = (os.path.normpath(b"/" + one).lstrip(b"/") for one in (entry.name, entry.link))
            entry = entry._replace(name=name, link=link if entry.kind == tarheader.LINK else entry.link)
        super().one(entry, stream, top)

    def _owned(self, entry: Entry) -> Entry:
        if self._ids is not None:
            entry = entry._replace(uid=self._ids[0], gid=self._ids[1])
        if self._mode is not None:
            entry = entry._replace(mode=self._mode.of(entry.mode, directory=entry.kind == tarheader.DIRECTORY))
        return entry

    def _apply(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        if not path and self._fresh:
            self.top = entry
        super()._apply(path, entry, stream)

    def settle_top(self, fd: int, *, unpack: bool) -> None:
        """Give the new destination what the archive says; a directory that is copied gives its content and its time."""
        if self.top is not None:
            uid, gid = self._ids or (0, 0)
            mode = self._mode.of(0o755, directory=True) if self._mode else 0o755
            plain = self.top._replace(mode=mode, uid=uid, gid=gid, xattrs={})
            self._settle(fd, self.top if unpack else plain)

"""Write a tree as a tar: a layer with its whiteouts, a whole root file system, or one file or directory of it.

Everything is opened by one name beneath the descriptor of its directory, no link followed: the tree may belong to
somebody who changes it meanwhile (CVE-2018-15664). What vanishes on the way is left out; a file that shrinks is filled
up with zeros, as tar(1) does. Owners are what the caller's user namespace shows.
"""

import os
import stat
import tarfile

from hull.images.metadata import OWNER
from hull.images.packing_streams import CHUNK, Exactly, Gathered, Holes
from hull.images.tree import OPAQUE, OPAQUE_WHITEOUT, WHITEOUT_PREFIX
from hull.light import IO, NamedTuple

_OPAQUES = (OPAQUE, "user.fuseoverlayfs.opaque")
_OWN = ("user.overlay.", "user.fuseoverlayfs.")
_KINDS = ((stat.S_ISDIR, tarfile.DIRTYPE), (stat.S_ISLNK, tarfile.SYMTYPE), (stat.S_ISFIFO, tarfile.FIFOTYPE))
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NANO = 1_000_000_000
_BLOCK = 512  # of st_blocks
USUAL = (0o755, 0, 0)  # mode, user and group that unpacking gives to a root of which nothing is said


class Policy(NamedTuple):
    """How a tree becomes entries. `skipped` are placeholders, paths without a leading slash, left out while empty.

    `marks`: the tree is an upper directory or a layer, overlay's marks become whiteouts. `fuse`: fuse-overlayfs wrote
    it. `strict`: a file that cannot be read is an error, not left out. Of a file system whose device is in `hollow`
    only the directory that it is mounted on is written.
    """

    marks: bool = True
    skipped: frozenset[str] = frozenset()
    fuse: bool = False
    strict: bool = True
    hollow: frozenset[int] = frozenset()


class Packer:
    """Trees on their way into one tar. Entries come in the order of their names: the same tree makes the same tar."""

    def __init__(self, stream: IO[bytes], policy: Policy = Policy()) -> None:  # noqa: B008 (it never changes)
        self._policy = policy
        self._out = Gathered(stream)
        self._tar = tarfile.open(  # noqa: SIM115 (closed by close)
            fileobj=self._out,  # type: ignore[call-overload]
            mode="w",
            format=tarfile.PAX_FORMAT,
            errors="surrogateescape",
        )
        self._tar.copybufsize = CHUNK
        self._seen: dict[tuple[int, int], str] = {}
        self.size = 0

    def close(self) -> None:
        """End the archive."""
        self._tar.close()
        self._out.flush()

    def write(self, fd: int, base: str, name: str) -> None:
        """Write `base` of the directory `fd`, or with "" the directory itself, as `name`, whole."""
        if not base:
            self.directory(fd, name)
        elif (below := self.entry(fd, base, name)) is not None:
            os.close(below[0])

    def directory(self, fd: int, name: str = ".") -> None:
        """Write the directory `fd` as `name`, with everything below it."""
        self.head(fd, name)
        self._below(fd, name)

    def layer(self, fd: int) -> None:
        """Write the layer or the upper directory `fd`; its root only where it is not what a layer without one has.

        So a step that makes one file is that file and the directories above it, as in Docker's layers.
        """
        root = self._describe(".", os.fstat(fd), _xattrs(fd))
        if (root.mode, root.uid, root.gid) != USUAL or root.pax_headers.keys() - {"mtime"}:
            self._add(root, None)
        self._below(fd, ".")

    def _below(self, fd: int, name: str) -> None:
        self._mark(fd, name)
        if self._is_hollow(fd):
            return
        pending = [(os.dup(fd), name, iter(sorted(os.listdir(fd))))]
        try:
            while pending:
                parent, path, names = pending[-1]
                base = next(names, None)
                if base is None:
                    os.close(pending.pop()[0])
                    continue
                below = self.entry(parent, base, base if path == "." else f"{path.removesuffix('/')}/{base}")
                if below is not None:
                    pending.append((below[0], below[1], iter(sorted(os.listdir(below[0])))))
        finally:
            for left, _, _ in pending:
                os.close(left)

    def head(self, fd: int, name: str) -> None:
        """Write the directory `fd` itself as `name`, nothing of what is in it."""
        self._add(self._describe(name, os.fstat(fd), _xattrs(fd)), None)

    def entry(self, parent: int, base: str, name: str) -> tuple[int, str] | None:
        """Write `base` of the directory `parent` as `name`; return a directory's descriptor and name: go on there."""
        try:
            found = os.stat(base, dir_fd=parent, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                return self._directory(parent, base, name)
            if stat.S_ISREG(found.st_mode):
                self._file(parent, base, name)
            elif stat.S_ISLNK(found.st_mode):
                entry = self._describe(name, found, {})
                entry.linkname = os.readlink(base, dir_fd=parent)
                self._add(entry, None)
            elif stat.S_ISFIFO(found.st_mode):
                self._add(self._describe(name, found, {}), None)
            elif stat.S_ISCHR(found.st_mode) and self._policy.marks:
                above, _, last = name.rpartition("/")
                self._tar.addfile(
                    tarfile.TarInfo(f"{above}/{WHITEOUT_PREFIX}{last}" if above else WHITEOUT_PREFIX + last)
                )
        except FileNotFoundError:
            return None  # gone meanwhile
        return None

    def _directory(self, parent: int, base: str, name: str) -> tuple[int, str] | None:
        fd = os.open(base, _DIRECTORY, dir_fd=parent)
        if name in self._policy.skipped and is_empty(fd, fuse=self._policy.fuse):
            os.close(fd)
            return None
        try:
            self.head(fd, name)
            self._mark(fd, name)
            hollow = self._is_hollow(fd)
        except BaseException:
            os.close(fd)
            raise
        if hollow:
            os.close(fd)
            return None
        return fd, name

    def _is_hollow(self, fd: int) -> bool:
        return bool(self._policy.hollow) and os.fstat(fd).st_dev in self._policy.hollow

    def _file(self, parent: int, base: str, name: str) -> None:
        if self._policy.fuse and base.startswith(WHITEOUT_PREFIX):
            self._bookkeeping(base, name)
            return
        fd = os.open(base, _FILE, dir_fd=parent)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                return  # changed meanwhile
            if name in self._policy.skipped and not found.st_size:
                return
            entry = self._describe(name, found, _xattrs(fd))
            first = self._seen.setdefault((found.st_dev, found.st_ino), name) if found.st_nlink > 1 else name
            if first != name:
                entry.type, entry.linkname = tarfile.LNKTYPE, first
                self._add(entry, None)
            else:
                entry.size = found.st_size
                sparse = found.st_blocks * _BLOCK < found.st_size
                self._add(entry, Holes(fd) if sparse else Exactly(fd))
        finally:
            os.close(fd)

    def _bookkeeping(self, base: str, name: str) -> None:
        """Keep fuse-overlayfs's whiteouts of removed names, whose shape is OCI's; its opaque marks were seen."""
        if base != OPAQUE_WHITEOUT:
            self._tar.addfile(tarfile.TarInfo(name))

    def _mark(self, fd: int, name: str) -> None:
        if self._policy.marks and is_opaque(fd, fuse=self._policy.fuse):
            self._tar.addfile(tarfile.TarInfo(OPAQUE_WHITEOUT if name == "." else f"{name}/{OPAQUE_WHITEOUT}"))

    def _add(self, entry: tarfile.TarInfo, content: Exactly | Holes | None) -> None:
        self.size += entry.size
        self._tar.addfile(entry, content)  # type: ignore[arg-type,unused-ignore]

    def _describe(self, name: str, found: os.stat_result, attributes: dict[str, bytes]) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.type = next((kind for test, kind in _KINDS if test(found.st_mode)), tarfile.REGTYPE)
        entry.mode, entry.uid, entry.gid = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
        entry.mtime = found.st_mtime_ns // _NANO
        if owner := attributes.pop(OWNER, b""):
            entry.uid, entry.gid = (int(part) for part in owner.split(b":"))
        entry.pax_headers = {
            f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape")
            for key, value in attributes.items()
            if not key.startswith(_OWN)
        }
        if found.st_mtime_ns % _NANO:
            entry.pax_headers["mtime"] = f"{entry.mtime}.{found.st_mtime_ns % _NANO:09}"
        return entry


def is_empty(fd: int, *, fuse: bool = False) -> bool:
    """Whether a directory of an upper holds nothing but what fuse-overlayfs notes there."""
    return all(fuse and name.startswith(WHITEOUT_PREFIX) for name in os.listdir(fd))


def is_opaque(fd: int, *, fuse: bool = False) -> bool:
    """Whether the directory of a layer or an upper hides what is below it."""
    attributes = _xattrs(fd)
    if any(attributes.get(key) == b"y" for key in _OPAQUES):
        return True
    return fuse and OPAQUE_WHITEOUT in os.listdir(fd)


def _xattrs(fd: int) -> dict[str, bytes]:
    try:
        return {key: os.getxattr(fd, key) for key in sorted(os.listxattr(fd))}
    except OSError:
        return {}

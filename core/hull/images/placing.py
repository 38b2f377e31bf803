"""Put the entries of a tar where `cp` wants them: below a directory, merged with what is there.

Unlike a layer's, names that begin with `.wh.` are plain, a directory is never replaced by a file nor a file by a
directory, and a directory that is already there keeps its mode and times. A file that replaces another one appears
whole, by rename, except on a mount point, where it is written in place.
"""

import errno
import os
import stat

from hull.errors import HostError, UserError
from hull.images import names, tarheader, tree
from hull.images.contents import HOLE, write, write_sparse
from hull.images.tarheader import Entry
from hull.images.tarstream import TarStream
from hull.images.unpack import Unpacker
from hull.light import Literal, NamedTuple

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Owners(NamedTuple):
    """Whose the files become. `keep` tries the archive's numbers; else they are the caller's own.

    `host` is the other side of a container: no set-id bits unless kept, no file capabilities, no device.
    """

    keep: bool
    host: bool


class Placer(Unpacker):
    """Place entries below `fd`. Where directories come before their content, their times are right at the end.

    `whole`: what the archive says of the directory that holds all the rest is said of `fd` itself.
    """

    def __init__(self, fd: int, owners: Owners, *, whole: bool = False) -> None:
        super().__init__(fd, "range")
        self._top: tuple[int, Entry | None] | None = (fd, None) if whole else None
        self._tree = _Merging(fd)
        self._owners = owners
        self._renewing = False  # a directory that is there takes what the archive says of it
        self._entered: list[tuple[bytes, int, Entry]] = []

    def place(self, stream: TarStream, top: bytes | None = None) -> dict[str, int]:
        """Place every entry; with `top`, in the place of the first component of its name. Returns what was not kept."""
        for entry in tarheader.entries(stream):
            self.one(entry, stream, top)
        return self.finish(stream)

    def one(self, entry: Entry, stream: TarStream, top: bytes | None = None) -> None:
        """Place the entry that was just read."""
        path = _rebased(names.clean(entry.name), top)
        if entry.kind == tarheader.LINK:
            entry = entry._replace(link=_rebased(names.clean(entry.link), top))
        with _blaming(path):
            self._leave(path)
            self._apply(path, self._owned(entry), stream)

    def finish(self, stream: TarStream) -> dict[str, int]:
        """Read the rest and settle the directories."""
        stream.drain()
        for path, target in self._links:
            if not self._link_here(path, target):
                raise UserError(f"cannot link {names.shown(path)}: {names.shown(target)} is not there", "copy both")
        self._leave(b"")
        if self._top is not None and self._top[1] is not None:
            self._settle(self._top[0], self._top[1])
        self._tree.forget()
        return self._meta.notes

    def _apply(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        if not path:  # the destination itself stays as it is, unless the archive stands for the whole of it
            if self._top is not None and entry.kind == tarheader.DIRECTORY:
                self._top = (self._top[0], entry)
            return
        if entry.kind == tarheader.FILE:
            self._file(path, entry, stream)
        elif entry.kind in self._makers:
            self._makers[entry.kind](path, entry)
        else:
            self._meta.note("devices" if entry.kind in (tarheader.CHAR, tarheader.BLOCKDEV) else "unknown")

    def _owned(self, entry: Entry) -> Entry:
        keep, host = self._owners
        if host:
            plain = {k: v for k, v in entry.xattrs.items() if k.startswith(b"user.")}
            entry = entry._replace(xattrs=plain, mode=entry.mode & (0o7777 if keep else 0o1777))
        if keep and host and os.geteuid() and (entry.uid, entry.gid) != (os.geteuid(), os.getegid()):
            self._meta.note("owners")
        elif keep:
            return entry
        return entry._replace(uid=0, gid=0)

    def _file(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        parent, name = self._tree.place(path)
        aside = b""
        try:
            fd = os.open(name, _CREATE, 0o600, dir_fd=parent)
        except FileExistsError:
            self._refuse_directory(parent, name)
            aside = b".hull-" + os.urandom(12).hex().encode()
            fd = os.open(aside, _CREATE, 0o600, dir_fd=parent)
        try:
            try:
                self._fill(fd, entry, stream)
            finally:
                os.close(fd)
            if aside:
                self._replace(parent, aside, name)
        except BaseException:
            os.unlink(aside or name, dir_fd=parent)
            raise
        self._size += entry.size

    def _fill(self, fd: int, entry: Entry, stream: TarStream) -> None:
        if entry.pieces is None and entry.size < HOLE:
            for view in stream.views(entry.size):
                write(fd, view)
        else:
            write_sparse(fd, entry, stream)
        self._settle(fd, entry)

    def _settle(self, fd: int, entry: Entry) -> None:
        self._meta.apply(fd, entry)
        os.fchmod(fd, entry.mode)
        os.utime(fd, ns=(entry.mtime, entry.mtime))

    def _replace(self, parent: int, aside: bytes, name: bytes) -> None:
        try:
            os.rename(aside, name, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            source = os.open(aside, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            target = os.open(name, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            try:
                while chunk := os.read(source, 1 << 18):
                    write(target, memoryview(chunk))
            finally:
                os.close(source)
                os.close(target)
            os.unlink(aside, dir_fd=parent)

    def _directory(self, path: bytes, entry: Entry) -> None:
        parent, name = self._tree.place(path)
        there = False
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            there = stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
            if not there:
                raise UserError(
                    f"cannot overwrite {names.shown(path)}: it is no directory, the source is", "remove it first"
                ) from None
        if there and not self._renewing:
            return
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        self._entered.append((path, fd, entry))
        if there and not self._meta.single:
            os.fchown(fd, 0, 0)  # settling says whose it is where it is somebody else's

    def _leave(self, path: bytes) -> None:
        """Settle the directories that `path` is not below: their content is there."""
        while self._entered and (not path or not path.startswith(self._entered[-1][0] + b"/")):
            _, fd, entry = self._entered.pop()
            try:
                self._settle(fd, entry)
            finally:
                os.close(fd)

    def _refuse_directory(self, parent: int, name: bytes) -> None:
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise UserError(
                f"cannot overwrite the directory {names.shown(name)}: the source is none", "remove it first"
            )


class _blaming(names.blaming):  # noqa: N801 (as the one it is)
    """Let what goes wrong inside name the entry, as somebody who copies reads it."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> Literal[False]:
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            hint = "check its permissions, and the space that is left"
            raise HostError(f"cannot write {names.shown(self._path)}: {reason}", hint) from error
        return super().__exit__(kind, error, _)


class _Merging(tree.Tree):
    """A tree in which nothing gives way but one file to another."""

    def directory(self, path: bytes) -> int:
        try:
            return super().directory(path)
        except NotADirectoryError:
            raise UserError(f"cannot copy below {names.shown(path)}: it is no directory", "remove it first") from None

    def clear(self, parent: int, name: bytes) -> None:
        """Remove a file; a directory is an error."""
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise UserError(
                f"cannot overwrite the directory {names.shown(name)}: the source is none", "remove it first"
            )
        os.unlink(name, dir_fd=parent)

    def _give_way(self, parent: int, name: bytes) -> None:  # noqa: ARG002 (the base's)
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fsdecode(name))


def _rebased(path: bytes, top: bytes | None) -> bytes:
    if top is None:
        return path
    rest = path.partition(b"/")[2]
    return b"/".join(part for part in (top, rest) if part)

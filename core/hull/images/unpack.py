"""Unpack one layer beneath a directory descriptor: our own, never tarfile's extraction.

Runs as root of a user namespace, so modes such as 0000 hinder nothing. Whiteouts become what overlayfs reads. Their
order among the entries of a layer does not matter: a whiteout gives way to an entry of its own layer and vice versa.
Directories get their times last. Hard links whose target is not in this layer are left to `links`, and so are
directories without an entry: they are what the layers below say.
"""

import os
import stat

from hull.errors import RegistryError
from hull.images import names, tarheader, tree
from hull.images.contents import HOLE, write_small, write_sparse
from hull.images.later import Later
from hull.images.metadata import Metadata
from hull.images.tarheader import Entry
from hull.images.tarstream import BLOCK, TarStream
from hull.kernel.members import Maker
from hull.light import NamedTuple

LINKS_MOST = 1 << 16
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Result(NamedTuple):
    """What came out: bytes of files, what was not kept, and what the layers below decide, as links.make takes it."""

    size: int
    notes: dict[str, int]
    links: list[tuple[bytes, bytes]]


class Unpacker:
    """Unpack entries below `fd`. `flavour` as the store's."""

    def __init__(self, fd: int, flavour: str) -> None:
        self._tree = tree.Tree(fd)
        self._meta = Metadata(flavour)
        self._size = 0
        self._links: list[tuple[bytes, bytes]] = []
        self._later = Later(self._tree)
        self._maker = Maker(HOLE)
        self._makers = {
            tarheader.DIRECTORY: self._directory,
            tarheader.SYMLINK: self._symlink,
            tarheader.LINK: self._link,
            tarheader.FIFO: self._fifo,
        }

    def run(self, stream: TarStream) -> Result:
        """Unpack the whole archive, tail included; the caller removes the directory if this raises."""
        try:
            for entry in tarheader.entries(stream):
                path = names.clean(entry.name)
                with names.blaming(path):
                    self._apply(path, entry, stream)
            stream.drain()
            self._links = [pair for pair in self._links if not self._link_later(*pair)]
            self._later.settle()
        finally:
            self._tree.forget()
        parents = [(path, b"") for path in self._tree.made]
        return Result(self._size, self._meta.notes, [*self._links, *parents])

    def _apply(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        name = path[path.rfind(b"/") + 1 :]
        if name.startswith(b".wh."):
            self._whiteout(path, name[4:])
        elif not path:
            self._root(entry)
        elif entry.kind == tarheader.FILE:
            self._file(path, entry, stream)
        elif entry.kind in self._makers:
            self._makers[entry.kind](path, entry)
        else:
            self._meta.note("devices" if entry.kind in (tarheader.CHAR, tarheader.BLOCKDEV) else "unknown")

    def _root(self, entry: Entry) -> None:
        if entry.kind != tarheader.DIRECTORY:
            raise names.refused(entry.name, "the root must stay a directory")
        os.fchmod(self._tree.fd, entry.mode)
        self._meta.apply(self._tree.fd, entry)
        self._later.add(b"", entry)

    def _file(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        parent, name = self._tree.place(path)
        try:
            fd = os.open(name, _CREATE, entry.mode & 0o1777, dir_fd=parent)
        except FileExistsError:
            self._tree.clear(parent, name)
            fd = os.open(name, _CREATE, entry.mode & 0o1777, dir_fd=parent)
        try:
            if entry.pieces is None and entry.size < HOLE:
                if entry.size:
                    write_small(fd, entry.size, stream)
            else:
                write_sparse(fd, entry, stream)
            if entry.uid or entry.gid or entry.xattrs or entry.mode & 0o6000:
                self._meta.apply(fd, entry)
            os.utime(fd, ns=(entry.mtime, entry.mtime))
        finally:
            os.close(fd)
        self._size += entry.size
        if entry.pieces is None:
            self._more_files(parent, path[: -len(name) - 1], entry.size, stream)

    def _more_files(self, parent: int, above: bytes, size: int, stream: TarStream) -> None:
        """Make the plain files that follow one of `size` bytes in its directory, as far as they are in memory."""
        if size % BLOCK:
            stream.pad(-size % BLOCK)

        def take(data: memoryview) -> tuple[int, bytes]:
            used, content, heads = self._maker.make(parent, above, data)
            self._size += content
            return used, heads

        stream.offer(take)

    def _directory(self, path: bytes, entry: Entry) -> None:
        parent, name = self._tree.place(path)
        self._tree.made.pop(path, None)
        try:
            tree.make_directory(parent, name, entry.mode & 0o1777)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                self._tree.clear(parent, name)
                os.mkdir(name, entry.mode & 0o1777, dir_fd=parent)
            self._change_mode(parent, name, entry.mode & 0o1777)
        if entry.uid or entry.gid or entry.xattrs:
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
            try:
                self._meta.apply(fd, entry._replace(mode=entry.mode & 0o1777))
            finally:
                os.close(fd)
        self._later.add(path, entry)

    def _symlink(self, path: bytes, entry: Entry) -> None:
        parent, name = self._tree.place(path)
        try:
            os.symlink(entry.link, name, dir_fd=parent)
        except FileExistsError:
            self._tree.clear(parent, name)
            os.symlink(entry.link, name, dir_fd=parent)
        self._meta.own_name(parent, name, entry)

    def _fifo(self, path: bytes, entry: Entry) -> None:
        parent, name = self._tree.place(path)
        try:
            os.mkfifo(name, entry.mode, dir_fd=parent)
        except FileExistsError:
            self._tree.clear(parent, name)
            os.mkfifo(name, entry.mode, dir_fd=parent)
        self._meta.own_name(parent, name, entry)

    def _link(self, path: bytes, entry: Entry) -> None:
        target = names.clean(entry.link)
        if not target:
            raise names.refused(path, "a hard link to nothing")
        if target != path and not self._link_here(path, target):
            self._postpone(path, target)

    def _link_here(self, path: bytes, target: bytes) -> bool:
        """Make a hard link if this layer holds the target by now."""
        above, _, source_name = target.rpartition(b"/")
        source = self._tree.existing(above)
        if source is None:
            return False
        try:
            found = os.stat(source_name, dir_fd=source, follow_symlinks=False)
            if tree.is_whiteout(found):
                return False
            if stat.S_ISDIR(found.st_mode):
                raise names.refused(path, "a hard link to a directory")
            parent, name = self._tree.place(path)
            if _lexists(parent, name):
                self._tree.clear(parent, name)
            os.link(source_name, name, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return False
        finally:
            os.close(source)
        return True

    def _link_later(self, path: bytes, target: bytes) -> bool:
        with names.blaming(path):
            return self._link_here(path, target)

    def _postpone(self, path: bytes, target: bytes) -> None:
        if len(self._links) >= LINKS_MOST:
            raise RegistryError(f"cannot unpack: more than {LINKS_MOST} hard links into lower layers", names.HINT)
        self._links.append((path, target))

    def _whiteout(self, path: bytes, hidden: bytes) -> None:
        if hidden.startswith(b".wh.") and hidden != b".wh..opq":
            return  # bookkeeping of aufs
        if hidden in (b"", b".", b".."):
            raise names.refused(path, "a whiteout of nothing")
        parent = self._tree.exact(path.rpartition(b"/")[0])
        if parent is None:
            return  # a link or a file of this layer hides the directory already
        try:
            if hidden == b".wh..opq":
                tree.mark_opaque(parent)
            else:
                _hide(parent, hidden)
        finally:
            os.close(parent)

    def _change_mode(self, parent: int, name: bytes, mode: int) -> None:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            os.fchmod(fd, mode)
        finally:
            os.close(fd)


def _hide(parent: int, name: bytes) -> None:
    """Leave a whiteout, unless this layer has an entry of that name.

    The empty origin tells overlayfs to look for whiteouts in a directory that no other layer has: without it readdir
    would list them there (B03).
    """
    tree.mark(parent, b".", tree.ORIGIN, b"")
    try:
        os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=parent)
    except FileExistsError:
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            tree.mark_opaque(parent, name)


def _lexists(parent: int, name: bytes) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True

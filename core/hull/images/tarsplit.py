"""A layer's tar-split: its tar without the content of its files, small, so that the very tar can be made again.

Who reads the headers again knows where content is missing, how much, and of which file; the layer's directory has it,
and zeros fill its last block. Whether that gave the very bytes, the digest of the tar tells: of a name that a tar holds
twice, only one is left.
"""

import os
from collections.abc import Callable, Iterator

from hull.errors import HostError
from hull.images import compressing, names, tarheader, tree
from hull.images.tarheader import Entry
from hull.images.tarstream import TarStream
from hull.light import Any

MOST = 8 << 20  # bytes; a tar that takes more is packed again from its files
CHUNK = 1 << 18
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Tape:
    """Takes what is read of a tar beside content, compressed in memory. `append` must cost next to nothing."""

    def __init__(self) -> None:
        self._parts: list[Any] = []
        self.append = self._parts.append
        self._machine = compressing.machine("gzip")
        self._kept: list[bytes] = []
        self._size = 0

    def flush(self) -> None:
        """Compress what came: once for each chunk of the tar."""
        self._add(self._machine.compress(b"".join(self._parts)))
        self._parts.clear()

    def text(self) -> str:
        """Return the tar-split, base 64; "" if it became too large."""
        import base64

        self.flush()
        self._add(self._machine.flush())
        return base64.b64encode(b"".join(self._kept)).decode()

    def _add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MOST:
            self._kept.clear()
        elif data:
            self._kept.append(data)


def writes_file(path: bytes, entry: Entry) -> bool:
    """Whether unpacking an entry writes its content to a file: what is left out here, and nothing else."""
    return entry.kind == tarheader.FILE and bool(path) and not path.rpartition(b"/")[2].startswith(b".wh.")


def join(fd: int, split: Iterator[bytes], write: Callable[[Any], object]) -> None:
    """Write the tar that the layer in the directory `fd` was unpacked from."""
    stream = _Split(split, write)
    files = _Files(fd)
    for entry in tarheader.entries(stream):
        path = names.clean(entry.name)
        if writes_file(path, entry):
            files.write(path, entry, write)
            stream.offset += entry.stored
    stream.drain()


class _Split(TarStream):
    """Reads a tar-split as if content were in it, and passes on what it reads."""

    def __init__(self, chunks: Iterator[bytes], write: Callable[[Any], object]) -> None:
        super().__init__(chunks)
        self._keep = write

    def pad(self, size: int) -> None:
        """Fill a file's last block."""
        self._keep(bytes(size))
        self.offset += size


class _Files:
    """The files of a layer, found as the unpacker found them: no path leads out, no link at its end is followed."""

    def __init__(self, fd: int) -> None:
        self._tree = tree.Tree(fd)
        self._above: tuple[bytes, int] = (b"", os.dup(fd))

    def write(self, path: bytes, entry: Entry, write: Callable[[Any], object]) -> None:
        """Write what a tar stores of a file; one that is not there, or shorter, is an error."""
        above, _, name = path.rpartition(b"/")
        if above != self._above[0]:
            found = self._tree.existing(above)
            if found is None:
                raise _lost(path)
            os.close(self._above[1])
            self._above = (above, found)
        try:
            fd = os.open(name, _FILE, dir_fd=self._above[1])
        except OSError as error:
            raise _lost(path) from error
        try:
            for offset, length in ((0, entry.stored),) if entry.pieces is None else entry.pieces:
                _copy(fd, path, offset, length, write)
        finally:
            os.close(fd)


def _copy(fd: int, path: bytes, offset: int, length: int, write: Callable[[Any], object]) -> None:
    end = offset + length
    while offset < end:
        data = os.pread(fd, min(CHUNK, end - offset), offset)
        if not data:
            raise _lost(path)
        write(data)
        offset += len(data)


def _lost(path: bytes) -> HostError:
    return HostError(f"cannot make the tar again: the layer has no such file as {names.shown(path)}", "hull fsck")

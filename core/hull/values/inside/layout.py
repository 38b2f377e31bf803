"""The parcel: a header, buffers, and an index of what they mean.

    0   hullval1 · offset of the index · its length · size of the whole     (little-endian, 8 bytes each)
    64  buffers, each at a multiple of 64
    …   the index: JSON of {order, buffers: [[offset, length]…], nodes: […], root: {about, values}}

The header is written last: a parcel whose writer died has none. Whoever reads trusts nothing: every number is checked
against the size of the file, and a buffer is only ever bytes.
"""

import json
import mmap
import os
import struct
import sys
from typing import Any

MAGIC = b"hullval1"
HEADER = struct.Struct("<8sQQQ")
START = ALIGNED = 64
LONGEST = 1 << 30  # bytes written by one call
MAPPED = 1 << 20  # bytes from which on a parcel is mapped; below, it is read
INDEX_LIMIT = 1 << 30


class Cannot(Exception):
    """A value cannot travel. `path` says where it is, `kind` what it is, `reason` why not, `hint` what to do."""

    def __init__(self, path: str, kind: str, reason: str, hint: str = "") -> None:
        super().__init__(path, kind, reason, hint)
        self.path, self.kind, self.reason, self.hint = path, kind, reason, hint


class Damaged(Exception):
    """What came is no parcel: cut short, or made to deceive."""


class Sink:
    """Where a parcel is written: a file by its descriptor, from its beginning."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self.at = START
        self.buffers = []  # type: list[list[int]]
        os.lseek(self.fd, START, os.SEEK_SET)

    def write(self, data: Any) -> int:
        """Append bytes, as a file does."""
        view = memoryview(data).cast("B")
        size = view.nbytes
        while view.nbytes:
            view = view[os.write(self.fd, view[:LONGEST]) :]
        self.at += size
        return size

    def begin(self) -> int:
        """Begin a buffer; return where."""
        self.at += -self.at % ALIGNED
        os.lseek(self.fd, self.at, os.SEEK_SET)
        return self.at

    def ended(self, start: int, number: int) -> None:
        """End the buffer that began at `start`: it is this one."""
        self.buffers[number] = [start, self.at - start]

    def finish(self, nodes: "list[Any]", root: Any) -> None:
        """Write the index, then the header."""
        start = self.begin()
        index = {"order": sys.byteorder, "buffers": self.buffers, "nodes": nodes, "root": root}
        self.write(json.dumps(index, separators=(",", ":")).encode())
        os.lseek(self.fd, 0, os.SEEK_SET)
        os.write(self.fd, HEADER.pack(MAGIC, start, self.at - start, self.at))


class Parcel:
    """A parcel that was read: `nodes`, `about`, `values`, and its buffers.

    A view of a buffer keeps the memory for as long as it lives.
    """

    def __init__(self, view: memoryview) -> None:
        self._view = view
        if view.nbytes < START:
            raise Damaged("nothing was sent")
        magic, start, length, size = HEADER.unpack_from(view)
        if magic != MAGIC or size != view.nbytes or length > INDEX_LIMIT or start > size - length or start < START:
            raise Damaged("its header is wrong")
        try:
            index = json.loads(bytes(view[start : start + length]).decode())
            self.buffers, self.nodes, order = index["buffers"], index["nodes"], index["order"]
            self.about, self.values = index["root"]["about"], index["root"]["values"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Damaged("its index is wrong") from None
        if order != sys.byteorder:
            raise Damaged("the other side has the other byte order")
        if not isinstance(self.buffers, list) or not isinstance(self.nodes, list) or not isinstance(self.about, dict):
            raise Damaged("its index is wrong")

    def buffer(self, number: Any) -> memoryview:
        """Return one buffer."""
        try:
            start, length = map(natural, self.buffers[natural(number)])
        except (IndexError, TypeError, ValueError):
            raise Damaged("a buffer is missing") from None
        if start > self._view.nbytes - length:
            raise Damaged("a buffer lies outside")
        return self._view[start : start + length]


def natural(number: Any) -> int:
    """Return a number that counts something."""
    if type(number) is not int or number < 0:
        raise Damaged("a number is wrong")
    return number


def open_parcel(fd: int) -> Parcel:
    """Read the parcel in a file that does not change any more; writing to what it holds is private to this process.

    A large one is mapped: nothing is copied until somebody writes.
    """
    size = os.fstat(fd).st_size
    if size < MAPPED:
        data = bytearray(size)
        os.lseek(fd, 0, os.SEEK_SET)
        view = memoryview(data)
        while view.nbytes:
            got = os.readv(fd, [view])
            if got <= 0:
                raise Damaged("it was cut")
            view = view[got:]
        return Parcel(memoryview(data))
    options = {"flags": mmap.MAP_PRIVATE, "prot": mmap.PROT_READ | mmap.PROT_WRITE}  # type: dict[str, Any]
    if sys.version_info >= (3, 13):
        options["trackfd"] = False
    return Parcel(memoryview(mmap.mmap(fd, size, **options)))

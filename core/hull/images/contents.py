"""A file's content, from an archive into a descriptor."""

import os

from hull.images.tarheader import Entry
from hull.images.tarstream import TarStream

HOLE = 1 << 16  # bytes of zeros that are looked for, no less: looking must cost next to nothing


def write(fd: int, view: memoryview) -> None:
    """Write all of it."""
    while (written := os.write(fd, view)) < len(view):
        view = view[written:]


def write_small(fd: int, size: int, stream: TarStream) -> None:
    """Write a file's content, in one piece where it can be."""
    view = stream.at_once(size)
    for piece in stream.views(size) if view is None else (view,):
        write(fd, piece)


def write_sparse(fd: int, entry: Entry, stream: TarStream) -> None:
    """Write the regions of a sparse file, or a plain one; what is zeros for `HOLE` bytes stays a hole."""
    for offset, length in ((0, entry.size),) if entry.pieces is None else entry.pieces:
        os.lseek(fd, offset, os.SEEK_SET)
        for view in stream.views(length):
            _write_data(fd, view)
    os.ftruncate(fd, entry.size)


def _write_data(fd: int, view: memoryview) -> None:
    """Write a view, and pass over its blocks of zeros."""
    start, size = 0, len(view)
    for place in range(0, size, HOLE):
        end = min(place + HOLE, size)
        if view[place] or view[end - 1] or bytes(view[place:end]).strip(b"\0"):
            continue
        if start < place:
            write(fd, view[start:place])
        os.lseek(fd, end - place, os.SEEK_CUR)
        start = end
    if start < size:
        write(fd, view[start:])

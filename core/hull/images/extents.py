"""Where a file has data: what lies between is a hole, which a copy keeps and no reader has to wait for."""

import errno
import os
from collections.abc import Iterator


def data(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each run of data below `size`; all of it where the file system does not tell."""
    place = 0
    while place < size and (start := _next(fd, place, os.SEEK_DATA, size)) < size:
        place = _next(fd, start, os.SEEK_HOLE, size)
        yield start, place


def _next(fd: int, place: int, whence: int, size: int) -> int:
    """Return where data or a hole begins; `size` for nowhere."""
    try:
        return min(os.lseek(fd, place, whence), size)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        if error.errno == errno.EINVAL:  # no such question here: all is data
            return place if whence == os.SEEK_DATA else size
        raise

"""What tarfile writes to and reads from while a tree is packed."""

import errno
import os

from hull.light import IO

_EVER = 1 << 63
CHUNK = 1 << 18


class Gathered:
    """Where tarfile writes, in large pieces. What is left over where packing fails stays unwritten."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._parts: list[bytes] = []
        self._size = 0

    def tell(self) -> int:
        """Return where the archive begins."""
        return 0

    def write(self, data: bytes) -> int:
        """Keep it until there is enough."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Write what is kept."""
        self._stream.write(b"".join(self._parts))
        self._parts.clear()
        self._size = 0


class Exactly:
    """A file's content for tarfile, which asks for as many bytes as the header says: zeros where it has shrunk."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        data = os.read(self._fd, size)
        while len(data) < size:
            more = os.read(self._fd, size - len(data))
            data += more or bytes(size - len(data))
        return data


class Holes:
    """The same of a file with holes, which are not read: zeros that a tar has to hold all the same."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._place = self._end = 0
        self._hole = False

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        parts = []
        while size:
            if self._place >= self._end:
                self._look()
            step = min(size, self._end - self._place)
            data = b"" if self._hole else os.pread(self._fd, step, self._place)
            data = data or bytes(step)
            parts.append(data)
            self._place += len(data)
            size -= len(data)
        return b"".join(parts)

    def _look(self) -> None:
        """Find whether a hole or data begins here, and where that ends."""
        try:
            start = os.lseek(self._fd, self._place, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            start = _EVER  # no data any more
        self._hole = start > self._place
        self._end = start if self._hole else os.lseek(self._fd, self._place, os.SEEK_HOLE)

"""Bytes of a tar archive in order: exact reads for headers, views for content, in bounded memory."""

import os
from collections.abc import Callable, Iterator

from hull.errors import RegistryError
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.images.tarsplit import Tape

BLOCK = 512


class TarStream:
    """A forward-only reader over chunks. `offset` counts what was consumed; `tape` gets headers and what is skipped."""

    def __init__(self, chunks: Iterator[bytes], tape: "Tape | None" = None) -> None:
        self._chunks = chunks
        self._buffer = memoryview(b"")
        self._position = 0
        self._tape = tape
        self._keep: Callable[[Any], object] = tape.append if tape else bool  # one call, whether it is kept or not
        self.offset = 0

    def _refill(self) -> bool:
        if self._tape is not None:
            self._tape.flush()
        chunk = next(self._chunks, b"")
        self._buffer, self._position = memoryview(chunk), 0
        return bool(chunk)

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only where the archive ends. For headers: keep `size` small."""
        end = self._position + size
        if end <= len(self._buffer):
            data = bytes(self._buffer[self._position : end])
            self._position = end
        else:
            data = b"".join(self._pieces(size))
        self.offset += len(data)
        self._keep(data)
        return data

    def views(self, size: int) -> Iterator[memoryview]:
        """Yield the next `size` bytes as views, each good until the next is asked; an early end is an error."""
        got = 0
        for view in self._pieces(size):
            got += len(view)
            self.offset += len(view)
            yield view
        if got < size:
            raise truncated(self.offset)

    def at_once(self, size: int) -> memoryview | None:
        """Return the next `size` bytes as one view where they are in memory already; else consume nothing."""
        end = self._position + size
        if end > len(self._buffer):
            return None
        view = self._buffer[self._position : end]
        self._position = end
        self.offset += size
        return view

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        for view in self.views(size):
            self._keep(view)

    def pad(self, size: int) -> None:
        """Pass over what fills a file's last block; it is taken for zeros. An archive may end in it, as Go's may."""
        end = self._position + size
        if end <= len(self._buffer):
            self._position = end
            self.offset += size
        else:
            for view in self._pieces(size):
                self.offset += len(view)

    def offer(self, take: Callable[[memoryview], tuple[int, bytes]]) -> None:
        """Let `take` have what is in memory; it tells how much it consumed, and what of that is headers."""
        used, heads = take(self._buffer[self._position :])
        if used:
            self._position += used
            self.offset += used
            self._keep(heads)

    def drain(self) -> None:
        """Consume the rest: hashes cover it, extraction ignores it."""
        self._keep(self._buffer[self._position :])
        while self._refill():
            self._keep(self._buffer)

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            start = self._position
            if start == len(self._buffer):
                if not self._refill():
                    return
                start = 0
            self._position = min(start + size, len(self._buffer))
            size -= self._position - start
            yield self._buffer[start : self._position]


class FileTarStream(TarStream):
    """A reader over an open seekable file: content that is passed over is not read."""

    def __init__(self, fd: int) -> None:
        super().__init__(iter(()))
        self._fd = fd
        self._size = os.fstat(fd).st_size

    def _refill(self) -> bool:
        chunk = os.pread(self._fd, 1 << 16, self.offset)
        self._buffer, self._position = memoryview(chunk), 0
        return bool(chunk)

    def read(self, size: int) -> bytes:
        """Return `size` bytes at the current offset, fewer only at the end."""
        data = os.pread(self._fd, size, self.offset)
        self.offset += len(data)
        return data

    def at_once(self, size: int) -> None:
        """Nothing is kept in memory from one read to the next."""

    def pad(self, size: int) -> None:
        """Pass over what fills a file's last block, as far as it is there."""
        self.offset = min(self.offset + size, self._size)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        if self.offset + size > self._size:
            raise truncated(self._size)
        self.offset += size


def truncated(offset: int) -> RegistryError:
    """Return the error for an archive that stops inside an entry."""
    return RegistryError(f"cannot unpack: the archive ends too soon, after {offset} bytes", "fetch it again")


def number(field: bytes, *, signed: bool = False) -> int:
    """Return a numeric field: octal text, or base 256 where the top bit is set. Negative only where `signed`."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True) if field[0] & 0x40 else int.from_bytes(field, "big")
        value = value if field[0] & 0x40 else value & ((1 << (8 * len(field) - 1)) - 1)
    else:
        text = field.partition(b"\0")[0].strip()
        if not text:
            return 0
        if text.strip(b"01234567"):
            raise RegistryError(f"cannot unpack: {field[:12]!r} in a tar header is no number", "the archive is damaged")
        value = int(text, 8)
    if (value < 0 and not signed) or value >= 1 << 63:
        raise RegistryError(
            f"cannot unpack: the number {value} in a tar header is out of range", "the archive is damaged"
        )
    return value

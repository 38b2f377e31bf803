"""Orders to the confined child over one pipe, one after another.

An order is frames, a length of four bytes and that many bytes: first its words as JSON, then its input in as many as
come, then an empty one. Between two orders the pipe may end.
"""

import os
from collections.abc import Callable, Iterable, Iterator

CHUNK = 1 << 17
Read = Callable[[int], bytes]


def send(fd: int, words: list[str], chunks: Iterable[bytes]) -> None:
    """Write one order with its input to a blocking pipe; a reader that goes says why elsewhere."""
    import json

    reads = _frame(fd, json.dumps(words).encode())
    for chunk in chunks:
        if not reads:
            return
        if chunk:
            reads = _frame(fd, chunk)
    if reads:
        _frame(fd, b"")


def received(fd: int) -> Iterator[tuple[list[str], Read]]:
    """Yield the words of each order and what reads its input; what nobody read of it is passed over."""
    import json

    source = _Source(fd)
    while words := source.whole_frame():
        yield json.loads(words), source.read
        while source.read(CHUNK):
            pass
        source.next()


def _frame(fd: int, data: bytes) -> bool:
    """Write a frame; whether somebody reads."""
    head, view = len(data).to_bytes(4, "big"), memoryview(data)
    try:
        sent = os.writev(fd, (head, view))
        while sent < len(head):
            sent += os.write(fd, head[sent:])
        while sent < len(head) + len(data):
            sent += os.write(fd, view[sent - len(head) :])
    except BrokenPipeError:
        return False
    return True


class _Source:
    """The input of one order after another."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._left = 0
        self._ended = False

    def next(self) -> None:
        """Go on to the next order."""
        self._ended = False

    def whole_frame(self) -> bytes:
        """Return the next frame; nothing where the pipe ended before it."""
        head = os.read(self._fd, 4)
        return self._exactly(self._length(head)) if head else b""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes more, nothing at the end of this order's input."""
        if not self._left and not self._ended:
            self._left = self._length(b"")
            self._ended = not self._left
        if self._ended:
            return b""
        data = os.read(self._fd, min(size, self._left))
        if not data:
            raise EOFError
        self._left -= len(data)
        return data

    def _length(self, head: bytes) -> int:
        return int.from_bytes(head + self._exactly(4 - len(head)), "big")

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = os.read(self._fd, size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

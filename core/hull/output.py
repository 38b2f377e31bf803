"""What a verb returns when its value comes bit by bit: an iterator that the front writes out as it comes.

An item is a Piece, or a string, which is a line of standard output. The front flushes after each item, closes the
iterator where an interrupt or a closed pipe ends it, and knows such a value by `__next__`.
"""

import sys
from collections.abc import Callable, Iterator

from hull.light import NamedTuple, TextIO


class Piece(NamedTuple):
    """Exact bytes for one stream: 1 is standard output, 2 standard error."""

    stream: int
    data: bytes


Output = Iterator[Piece] | Iterator[str]


def pour(items: Output, out: TextIO, err: TextIO) -> None:
    """Write the items as they come and close the iterator, whatever ends it.

    Bytes go to the binary file below a stream; one that has none, a notebook's, gets text with U+FFFD for what is none.
    """
    write = {1: writer(out), 2: writer(err)}
    try:
        for item in items:
            if isinstance(item, str):
                write[1](f"{item}\n".encode(errors="backslashreplace"))
            else:
                write[item.stream](item.data)
    finally:
        getattr(items, "close", int)()


def writer(stream: TextIO) -> Callable[[bytes], None]:
    """Return what writes bytes to a stream and flushes it; a character may come in pieces, b"" is the end."""
    stream.flush()
    binary = getattr(stream, "buffer", None)
    if binary is None:
        import codecs

        decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def write(data: bytes) -> None:
        if binary is None:
            stream.write(decode(data, not data))
            stream.flush()
        else:
            binary.write(data)
            binary.flush()

    return write


class Kept:
    """Output that is returned."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __call__(self, data: bytes) -> None:
        """Keep what has come."""
        self._data += data

    def end(self, *, text: bool) -> bytes | str:
        """Return it."""
        return self._data.decode(errors="replace") if text else bytes(self._data)


class Lines:
    """Output that is shown: whole lines, so that several programs do not mix theirs, each after its prefix."""

    def __init__(self, name: str, prefix: str) -> None:
        self._name = name
        self._prefix = f"{prefix} | " if prefix else ""
        self._rest = b""

    def __call__(self, data: bytes) -> None:
        """Show the lines that are whole; b"" is the end."""
        whole, newline, rest = (self._rest + data).rpartition(b"\n")
        if not data and rest:
            whole, newline, rest = self._rest, b"\n", b""
        self._rest = rest
        if newline:
            stream = getattr(sys, self._name)
            lines = whole.decode(errors="replace").split("\n")
            stream.write("".join(f"{self._prefix}{line}\n" for line in lines))
            stream.flush()

    def end(self, *, text: bool) -> None:
        """Return nothing: it has been shown."""

"""Records of Docker's json-file to the bytes that the program wrote.

Decoded in C (jsonfile/), compiled beside the module of system calls: a gigabyte is ten million records, and Python
needs a microsecond to look at one. In C and not in the launcher: no second program, and every front reads the same way.
"""

import os
from collections.abc import Iterator

from hull.light import Any, NamedTuple
from hull.output import Piece

BLOCK = 1 << 20
ROOM = 1 << 16  # what a block may grow by: times and details
EARLIEST, LATEST = -(1 << 63), (1 << 63) - 1


class Wanted(NamedTuple):
    """Which records, and what stands before each line. Nanoseconds since the epoch; `tail` lines, -1 for all.

    `details` stands before each line, behind its time.
    """

    since: int | None = None
    until: int | None = None
    tail: int = -1
    timestamps: bool = False
    details: bytes = b""


class Decoder:
    """Blocks of records in, pieces out; what is not a whole record yet waits for the next block."""

    def __init__(self, wanted: Wanted) -> None:
        module = _module()
        self._ffi, self._lib = module.ffi, module.lib
        self._log = self._ffi.new("struct hull_log *")
        self._log.filter = wanted.since is not None or wanted.until is not None
        self._log.since = EARLIEST if wanted.since is None else wanted.since
        self._log.until = LATEST if wanted.until is None else wanted.until
        self._log.timestamps = wanted.timestamps
        self._prefix = self._ffi.from_buffer(wanted.details)
        self._log.prefix, self._log.prefix_size = self._prefix, len(self._prefix)
        self._in, self._filled = bytearray(), 0
        self._room(BLOCK)

    @property
    def over(self) -> bool:
        """Whether a record behind `until` was met."""
        return bool(self._log.over)

    def decode(self, file: Any) -> Iterator[Piece]:
        """Return what has come to the file since the last call."""
        if os.fstat(file.fileno()).st_size < file.tell():  # truncated in place
            file.seek(0)
            self._filled = 0
        while not self.over and (got := file.readinto(memoryview(self._in)[self._filled :])):
            self._filled += got
            yield from self._pieces()

    def _pieces(self) -> Iterator[Piece]:
        log, begin = self._log, 0
        while not log.over:
            self._lib.hull_log_decode(log, self._source + begin, self._filled - begin, self._out, len(self._out))
            at, begin = 0, begin + log.used
            for run in log.runs[0 : log.count]:
                yield Piece(run.stream, bytes(self._ffi.buffer(self._out + at, run.end - at)))
                at = run.end
            if not log.used:
                break
        rest = self._in[begin : self._filled]
        self._in[: len(rest)] = rest
        self._filled = len(rest)
        if self._filled == len(self._in):
            self._room(2 * self._filled)

    def _room(self, size: int) -> None:
        grown = bytearray(size)
        if self._filled:
            grown[: self._filled] = self._in
        self._in = grown
        self._source = self._ffi.from_buffer("char[]", grown)  # keeps it
        self._out = self._ffi.new("char[]", size + len(self._prefix) + ROOM)


def _module() -> Any:
    from importlib import import_module

    return import_module("hull.state._jsonfile")

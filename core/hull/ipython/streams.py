"""A program's two pipes become the cell's two streams as they come: lines, bars that return the carriage, bytes."""

import fcntl
import os
import selectors
import struct
import sys
import termios
import time
from contextlib import suppress

from hull.light import Any
from hull.output import writer

CHUNK = 1 << 20  # bytes that a pipe is asked to hold, and one read may take
KEPT = 8 << 20  # characters of one cell's stream that IPython's history gets
FAST, RATE = 1 << 16, 32 << 20  # from so many at once on, so many a second: faster, a kernel's socket drops messages


class Streams:
    """Copies to sys.stdout and sys.stderr of the moment; `also` is one more descriptor that is waited for."""

    def __init__(self, out: Any, err: Any, also: Any = None) -> None:
        self._selector = selectors.DefaultSelector()
        self._pipes = {out: "stdout", err: "stderr"}
        for pipe in self._pipes:
            self._selector.register(pipe, selectors.EVENT_READ, self._pipes[pipe])
            with suppress(OSError):  # the user has too many of that size
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)
        if also is not None:
            self._selector.register(also, selectors.EVENT_READ, "")
        self._writers: dict[str, Any] = {}

    def begin(self, *, quiet: bool = False) -> None:
        """Write to what the streams are now: a notebook's belong to the cell that runs. `quiet` drops."""
        self._writers = {
            name: (lambda _data: None) if quiet else writer(_spared(getattr(sys, name)))
            for name in self._pipes.values()
        }

    def step(self, seconds: float | None = None) -> bool | None:
        """Copy what is there, waiting for it; whether `also` can be read, None if the time is over or all has ended."""
        found = self._selector.select(seconds) if self._selector.get_map() else []
        also = False
        for key, _ in found:
            if key.data:
                self._copy(key.fileobj, CHUNK)
            else:
                also = True
        return also if found else None

    def follow(self) -> None:
        """Copy until both pipes have ended."""
        while self.step() is not None:
            pass

    def drain(self) -> None:
        """Copy what is in the pipes now: what a program wrote before it said something elsewhere."""
        for pipe in self._pipes:
            waiting = _waiting(pipe)
            while waiting > 0 and pipe in self._selector.get_map():
                waiting -= self._copy(pipe, min(waiting, CHUNK))

    def close(self) -> None:
        """Close the pipes."""
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()

    def _copy(self, pipe: Any, most: int) -> int:
        data = os.read(pipe.fileno(), most)
        self._writers[self._pipes[pipe]](data)
        if not data:
            self._selector.unregister(pipe)
        return len(data)


class _Spared:
    """A stream whose beginning goes into IPython's history, where all that a cell writes is kept, and the rest past it.

    IPython hides the stream's own method behind one of the instance's. Source: InteractiveShell._tee.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = KEPT
        self.flush = stream.flush

    def write(self, text: str) -> None:
        """Write it."""
        self._left -= len(text)
        if self._left >= 0:
            self._stream.write(text)
        else:
            type(self._stream).write(self._stream, text)
        if len(text) >= FAST:
            time.sleep(len(text) / RATE)


def _spared(stream: Any) -> Any:
    return _Spared(stream) if "write" in getattr(stream, "__dict__", ()) and not hasattr(stream, "buffer") else stream


def _waiting(pipe: Any) -> int:
    count: int = struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4)))[0]
    return count

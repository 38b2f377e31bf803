"""A tar on its way from a thread that packs it to the connection that it goes over, its first component renamed."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from hull.light import Any

AHEAD = 16  # chunks that wait to be sent
LOOK = 0.2  # seconds from one end's leaving until the other end sees it


class Pipe:
    """A file that one thread writes and another reads, a few chunks ahead."""

    def __init__(self) -> None:
        self._chunks: queue.Queue[bytes] = queue.Queue(AHEAD)
        self._closed = False
        self.fault: BaseException | None = None

    def fill(self, feed: Callable[[Any], None]) -> None:
        """Let `feed` write it to its end; what it raises is kept."""
        try:
            feed(self)
        except BaseException as fault:  # noqa: BLE001 (raised again by who reads)
            self.fault = self.fault or fault
        finally:
            self._put(b"")

    def start(self, feed: Callable[[Any], None]) -> threading.Thread:
        """Fill it in a thread; whoever reads to the end is told what went wrong there."""
        thread = threading.Thread(target=self.fill, args=(feed,), daemon=True)
        thread.start()
        return thread

    def write(self, data: Any) -> int:
        """Take a chunk."""
        if data:
            self._put(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever reads takes what there is."""

    def _put(self, data: bytes) -> None:
        while not self._closed:
            try:
                self._chunks.put(data, timeout=LOOK)
            except queue.Full:
                continue
            return

    def close(self) -> None:
        """Nobody reads on; the writer goes on and is heard by nobody."""
        self._closed = True

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._taken():
            yield chunk
        if self.fault is not None:
            raise self.fault

    def _taken(self) -> bytes:
        """Return the next chunk; of a pipe that is closed none comes any more."""
        while not self._closed:
            with suppress(queue.Empty):
                return self._chunks.get(timeout=LOOK)
        return b""


class renamed:  # noqa: N801 (reads as a word)
    """A tar whose first component is called otherwise; `.` puts what a directory holds in its place."""

    def __init__(self, source: Pipe, name: str) -> None:
        self._source = source
        self._name = name

    def __iter__(self) -> Iterator[bytes]:
        import tarfile

        out = Pipe()

        def copy(pipe: Any) -> None:
            reader: Any = _Reader(self._source)
            reading = tarfile.open(fileobj=reader, mode="r|")  # noqa: SIM115 (a stream)
            writing = tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 (likewise)
            for entry in reading:
                entry.name = self._moved(entry.name)
                headers: Any = entry.pax_headers  # they would say the old names
                headers.pop("path", None)
                if entry.islnk():
                    entry.linkname = self._moved(entry.linkname)
                    headers.pop("linkpath", None)
                writing.addfile(entry, reading.extractfile(entry) if entry.isreg() else None)
            writing.close()

        out.start(copy)
        try:
            yield from out
        finally:
            out.close()

    def _moved(self, name: str) -> str:
        _, slash, rest = name.partition("/")
        return f"{self._name}{slash}{rest}"


class _Reader:
    def __init__(self, source: Pipe) -> None:
        self._chunks, self._rest = iter(source), b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (chunk := next(self._chunks, b"")):
            self._rest += chunk
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

"""What a build tells while it works: one line a step, and what its programs write, as it comes."""

import queue
import time

from hull.dockerfile.place import Place
from hull.light import TYPE_CHECKING, Any
from hull.output import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDE = 160
KEPT = 40  # lines of a failed step that its error repeats where nothing was shown


class Console:
    """Lines from several threads for the one that shows them. `quiet` keeps them to itself."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def line(self, text: str) -> None:
        """Show one line."""
        if not self.quiet:
            self._queue.put(Piece(2, f"{text}\n".encode(errors="backslashreplace")))

    def piece(self, piece: Piece) -> None:
        """Hand on bytes of a result; they are shown also by a quiet one."""
        self._queue.put(piece)

    def end(self) -> None:
        """Let `pieces` end once it has given everything."""
        self._queue.put(None)

    def pieces(self) -> "Iterator[Piece]":
        """Yield what is to be shown until `end`."""
        while (item := self._queue.get()) is not None:
            yield item


class Tale:
    """One stage's voice: `[build 2/5] RUN make`, what the step writes, and how long it took."""

    def __init__(self, console: Console, label: str, count: int) -> None:
        self._console, self._label, self._count = console, label, count
        self._number, self._text, self._begun, self._shown = 0, "", 0.0, False
        self.said: list[bytes] = []

    @property
    def quiet(self) -> bool:
        """Whether nothing of this is shown."""
        return self._console.quiet

    def begin(self, place: Place | None, text: str = "") -> None:
        """Note that a step begins."""
        self._number += 1
        first = (place.text if place is not None else text).strip().split("\n", 1)[0]
        self._text = f"[{self._label} {self._number}/{self._count}] {first[:WIDE]}"
        self._begun, self._shown, self.said = time.monotonic(), False, []

    def show(self) -> None:
        """Show the step's line before it is done: it may take a while."""
        if not self._shown:
            self._shown = True
            self._console.line(self._text)

    def write(self, line: bytes) -> None:
        """Show a line that the step's program wrote."""
        self.said = [*self.said[-KEPT:], line]
        self._console.line(f"  {self._label} | {line.decode(errors='backslashreplace')}")

    def done(self, *, cached: bool = False) -> None:
        """Tell the end of the step."""
        head = self._text if not self._shown else f"[{self._label} {self._number}/{self._count}] done"
        self._console.line(f"{head}  {'CACHED' if cached else f'{time.monotonic() - self._begun:.1f}s'}")

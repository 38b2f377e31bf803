"""What a build tells while it works: events of several threads for the one that shows them."""

import queue
import threading
import time

from hull.builder.displays import Display, Plain, Step
from hull.dockerfile.graph import Graph
from hull.dockerfile.model import Stage
from hull.dockerfile.parser import TRIGGER
from hull.dockerfile.place import Place
from hull.light import TYPE_CHECKING, Any
from hull.output import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 40  # lines of a failed step that its error repeats where they were not shown
TICK = 0.25
WAITING = 256  # lines of programs that wait to be shown; a program that writes more waits, too


def title(stage: Stage) -> str:
    """Return what a build's lines call a stage."""
    return stage.name or f"stage-{stage.number}"


class Console:
    """Collects what is to be shown; the display decides how it looks."""

    def __init__(self, display: Display | None = None) -> None:
        self.display = display or Plain()
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._room = threading.Semaphore(WAITING)
        self._left = threading.Event()

    def line(self, text: str) -> None:
        """Show one line."""
        self._queue.put(lambda: self.display.line(text))

    def show(self, event: Any) -> None:
        """Show what an event, called by the one thread that shows, returns."""
        self._queue.put(event)

    def wrote(self, event: Any) -> None:
        """Show likewise what a program wrote; wait until there is room, while somebody reads."""

        def shown() -> Any:
            self._room.release()
            return event()

        while not self._left.is_set() and not self._room.acquire(timeout=TICK):
            pass
        self._queue.put(shown)

    def leave(self) -> None:
        """Note that nobody reads on, and so nobody waits for that."""
        self._left.set()

    def plan(self, before: list[str], graph: Graph) -> None:
        """Show what will be built."""
        stages = [(title(one.stage), 1 + len(one.stage.instructions)) for one in graph.stages]
        self._queue.put(lambda: self.display.planned(before, stages))

    def piece(self, piece: Piece) -> None:
        """Hand on bytes of a result; they are shown whatever the display."""
        self._queue.put(piece)

    def end(self) -> None:
        """Let `pieces` end once it has given everything."""
        self._queue.put(None)

    def pieces(self) -> "Iterator[Piece]":
        """Yield what is to be shown until `end`; the display ticks in time, however much there is."""
        due = time.monotonic() + TICK
        while True:
            if (left := due - time.monotonic()) <= 0:
                item, due = self.display.tick, time.monotonic() + TICK
            else:
                try:
                    item = self._queue.get(timeout=left)
                except queue.Empty:
                    continue
            if item is None:
                return
            piece = item if isinstance(item, Piece) else Piece(2, item())
            if piece.data:
                yield piece


class Tale:
    """One stage's voice: its steps one after the other."""

    def __init__(self, console: Console, label: str, count: int) -> None:
        self._console, self._label, self.count = console, label, count
        self._number = 0
        self._step = Step(label, 0, count, "")

    @property
    def identifies(self) -> bool:
        """Whether it is told what images the steps make."""
        return self._console.display.identifies

    @property
    def apart(self) -> bool:
        """Whether a program's standard error is told apart from its output."""
        return self._console.display.apart

    def close(self) -> None:
        """Tell that no further step comes."""
        self._console.show(lambda: self._console.display.closed(self._label))

    @property
    def hidden(self) -> list[bytes]:
        """What the step's program wrote last where nobody saw it."""
        return self._step.said if self._console.display.hides else []

    def begin(self, place: Place | None, text: str = "") -> None:
        """Note that a step begins."""
        self._number += 1
        whole = place.text if place is not None else text
        triggered = place is not None and place.file == TRIGGER
        self._step = Step(self._label, self._number, self.count, whole, triggered=triggered)

    def show(self, container: str = "") -> None:
        """Show the step's line before it is done: it may take a while."""
        step = self._step
        step.container = container
        self._console.show(lambda: self._console.display.begun(step))

    def write(self, line: bytes, stream: int = 1) -> None:
        """Show a line that the step's program wrote."""
        step = self._step
        step.said = [*step.said[-KEPT:], line]
        self._console.wrote(lambda: self._console.display.wrote(step, line, stream))

    def done(self, end: str = "", error: str = "", ident: str = "") -> None:
        """Tell the end of the step (`displays`: "", CACHED, FAILED, STOPPED), and what image it has made."""
        step = self._step
        step.ident = ident
        self._console.show(lambda: self._console.display.ended(step, end, error))

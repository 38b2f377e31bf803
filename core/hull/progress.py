"""Progress on standard error: on a terminal one updating line a layer, elsewhere one line a change.

Where rich is installed, it draws the lines of a terminal.
"""

import os
import threading
import time

from hull.light import TYPE_CHECKING, TextIO
from hull.log import Event
from hull.present import size

if TYPE_CHECKING:
    from hull.bars import RichBars

REDRAW = 0.05  # seconds between two drawings of a line that only counts bytes
BAR = 24


class Progress:
    """An events callback that draws. Safe from several threads; `quiet` drops everything but warnings."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._bars = _bars(stream) if self._terminal and not quiet else None
        self._lines: dict[str, Event] = {}
        self._drawn = 0
        self._last = 0.0
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self._quiet and event.kind != "warning":
            return
        with self._lock:
            if event.kind == "progress":
                self._advance(event)
            else:
                self._say(event)

    def close(self) -> None:
        """Draw the last state; further events begin below it."""
        with self._lock:
            if self._bars:
                self._bars.close()
            elif self._drawn:
                self._draw()
            self._lines.clear()
            self._drawn = 0

    def _advance(self, event: Event) -> None:
        before = self._lines.get(event.subject)
        self._lines[event.subject] = event
        changed = before is None or before.text != event.text
        if self._bars:
            due = changed or time.monotonic() - self._last >= REDRAW
            self._bars.show(event, draw=due)
            self._last = time.monotonic() if due else self._last
            return
        if not self._terminal:
            if changed:
                self._write(f"{event.subject}: {event.text}\n" if event.subject else f"{event.text}\n")
        elif changed or time.monotonic() - self._last >= REDRAW:
            self._draw()

    def _say(self, event: Event) -> None:
        mark = "warning: " if event.kind == "warning" else ""
        subject = f"{event.subject}: " if event.subject else ""
        if self._bars:
            self._bars.say(f"hull: {mark}{subject}{event.text}")
            return
        if self._drawn:
            self._write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0
        self._write(f"hull: {mark}{subject}{event.text}\n")
        if self._terminal and self._lines:
            self._draw()

    def _draw(self) -> None:
        columns, rows = _size(self._stream)
        shown = list(self._lines.values())[-max(rows - 1, 1) :]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._write(up + "".join(f"\r\x1b[K{line(event)[: columns - 1]}\n" for event in shown))
        self._drawn = len(shown)
        self._last = time.monotonic()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _bars(stream: TextIO) -> "RichBars | None":
    from hull import bars

    return bars.available(stream)


def line(event: Event) -> str:
    """Return one layer's line: subject, activity, bar and bytes where they are known."""
    text = f"{event.subject}: {event.text}" if event.subject else event.text
    if event.total and event.current < event.total:
        done = BAR * event.current // event.total
        return f"{text:<28} [{'=' * done:<{BAR}}] {size(event.current)}/{size(event.total)}"
    return f"{text:<28} {size(event.current)}" if event.current and event.current != event.total else text


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return found.columns or 80, found.lines or 24

"""What a container wrote, on the screen: the last lines, scrolled back and searched while more comes."""

import threading
from collections import deque

from hull.ui import text

KEPT = 10_000  # lines
STREAMS = {1: "", 2: "class:stderr"}


class Scroll:
    """Lines of a log. One thread feeds it, another draws; `back` is how many lines below the view are not shown."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._lines: deque[tuple[int, str]] = deque(maxlen=kept)
        self._open: dict[int, bytes] = {}
        self.back = 0
        self.wrap = False
        self.side = 0
        self.needle = ""
        self.note = ""

    def __len__(self) -> int:
        return len(self._lines) + len(self._open)

    @property
    def following(self) -> bool:
        """Whether the newest line is shown."""
        return self.back == 0

    def feed(self, stream: int, data: bytes) -> None:
        """Take what one stream wrote. A line is shown before its end has come."""
        with self._lock:
            data = self._open.pop(stream, b"") + data
            *whole, rest = data.split(b"\n")
            self._lines.extend((stream, line.decode(errors="replace")) for line in whole)
            if rest:
                self._open[stream] = rest[-4 * text.LONGEST :]
            self.back = min(self.back + len(whole), len(self)) if self.back else 0

    def clear(self, note: str = "") -> None:
        """Begin anew, for another container or from its newest lines."""
        with self._lock:
            self._lines.clear()
            self._open.clear()
            self.back, self.note = 0, note

    def lines(self) -> list[tuple[int, str]]:
        """Return all lines, the unfinished ones last."""
        with self._lock:
            return [*self._lines, *((stream, data.decode(errors="replace")) for stream, data in self._open.items())]

    def move(self, lines: int) -> None:
        """Scroll, negative back in time."""
        self.back = max(0, min(self.back - lines, len(self) - 1))

    def find(self, needle: str, step: int = -1, *, here: bool = False) -> bool:
        """Go to the next line that holds `needle` in a direction, from the lowest one shown; tell whether there is.

        With `here` that one is looked at, too.
        """
        self.needle = needle
        lines = self.lines()
        place = len(lines) - 1 - self.back + (0 if here else step)
        while needle and 0 <= place < len(lines):
            if needle.lower() in "".join(part for _, part in text.coloured(lines[place][1])).lower():
                self.back = len(lines) - 1 - place
                return True
            place += step
        return False

    def view(self, width: int, height: int) -> list[text.Line]:
        """Return so many rows, the last of them the lowest line of the view; lines above the first are left out."""
        lines = self.lines()
        self.back = max(0, min(self.back, len(lines) - 1))
        rows: list[text.Line] = []
        for stream, line in reversed(lines[max(0, len(lines) - self.back - height) : len(lines) - self.back]):
            shown = [(f"{STREAMS.get(stream, '')} {style}".strip(), part) for style, part in text.coloured(line)]
            shown = text.marked(shown, self.needle, "class:match")
            rows[:0] = text.wrapped(shown, width) if self.wrap else [_from(shown, self.side)]
            if len(rows) >= height:
                break
        return rows[-height:] if height > 0 else []


def _from(line: text.Line, side: int) -> text.Line:
    """Return a line without its first characters."""
    made = []
    for style, part in line:
        if len(part) > side:
            made.append((style, part[side:]))
        side = max(0, side - len(part))
    return made

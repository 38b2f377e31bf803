"""Progress in a notebook: one output that updates in place and folds when all is done."""

import sys
import time
from contextlib import suppress

from hull import present
from hull.faces import style
from hull.faces.markup import text
from hull.faces.shown import face
from hull.faces.tables import bar
from hull.light import Any
from hull.log import Event
from hull.units import size

REDRAW = 0.2  # seconds between two updates of a notebook's output


class Bars:
    """Progress as one notebook output that updates; notes and warnings as lines of standard error."""

    def __init__(self, display: Any, say: Any) -> None:
        self._display = display
        self._say = say
        self._handle: Any = None
        self._lines: dict[str, Event] = {}
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if event.kind != "progress":
            mark = "warning: " if event.kind == "warning" else ""
            subject = f"{event.subject}: " if event.subject else ""
            self._say(f"hull: {mark}{subject}{event.text}\n")
            return
        before = self._lines.get(event.subject)
        self._lines[event.subject] = event
        if before is None or before.text != event.text or time.monotonic() - self._last >= REDRAW:
            self._draw()

    def close(self) -> None:
        """Draw the last state, folded; the next event begins a new output."""
        if self._handle is not None:
            self._draw(done=True)
        self._handle = None
        self._lines.clear()

    def _draw(self, *, done: bool = False) -> None:
        from IPython.display import HTML

        rows = "".join(map(_row, self._lines.values()))
        body = f"<table>{rows}</table>"
        if done:
            body = f'<details><summary class="dim">{_told(list(self._lines.values()))}</summary>{body}</details>'
        if self._handle is None:
            self._handle = self._display(HTML(style.page(body)), display_id=True)
        else:
            self._handle.update(HTML(style.page(body)))
        self._last = time.monotonic()


def watch(live: Any, call: Any, *, notebook: bool) -> None:
    """Show one table after another in the place of the one before, until an interrupt."""
    from IPython.display import display

    handle: Any = None
    with suppress(KeyboardInterrupt):
        if not notebook:
            present.show(live, sys.stdout, call.output, call.row)
            return
        for rows in live.frames():
            if handle is None:
                handle = display(face(rows, call.row), display_id=True)
            else:
                handle.update(face(rows, call.row))


def _row(event: Event) -> str:
    part = event.current / event.total if event.total else 0
    known = event.total and event.current < event.total
    counted = f"{size(event.current)} / {size(event.total)}" if known else size(event.current) if event.current else ""
    cells = (text(event.subject), text(event.text), bar(part) if known else "", counted)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _told(events: list[Event]) -> str:
    """Return what one line says of all of it."""
    moved = sum(event.total or event.current for event in events)
    last = events[-1] if events else Event("progress", "", "")
    words = f"{last.subject}: {last.text}" if len(events) == 1 and last.subject else f"{len(events)} steps, {last.text}"
    return text(words + (f", {size(moved)}" if moved else ""))

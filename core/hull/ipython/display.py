"""Verbs' values as IPython shows them: still the plain values, with a face for terminals and one for notebooks."""

import html
import time

from hull import present, tables
from hull.light import Any
from hull.log import Event
from hull.progress import line

REDRAW = 0.2  # seconds between two updates of a notebook's output


class Table(list):  # type: ignore[type-arg]
    """Rows of named tuples: a list that displays as a table."""

    def __init__(self, rows: Any, row: type | None = None) -> None:
        super().__init__(rows)
        self.row = row

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text("\n".join(present.table(self, self.row)))

    def _repr_html_(self) -> str:
        head, *body = tables.grid(self, self.row)
        lines = "".join(f"<tr>{_cells('td', cells)}</tr>" for cells in body)
        return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{lines}</tbody></table>"


def _cells(tag: str, cells: list[str]) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in cells)


class Text(str):
    """Text that displays as it reads, without quotes."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


class Lines(list):  # type: ignore[type-arg]
    """A list of strings that displays one a line."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text("\n".join(self))


def face(value: Any, row: type | None = None) -> Any:
    """Return the value with a face, equal to what the verb returned; None where there is nothing to show."""
    if isinstance(value, str):
        return Text(value) if value else None
    if present.is_rows(value) or (value == [] and row):
        return Table(value, row)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Lines(value)
    return value


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
        """Draw the last state; the next event begins a new output."""
        if self._handle is not None:
            self._draw()
        self._handle = None
        self._lines.clear()

    def _draw(self) -> None:
        from IPython.display import HTML

        text = HTML(f"<pre>{html.escape(chr(10).join(line(event) for event in self._lines.values()))}</pre>")
        if self._handle is None:
            self._handle = self._display(text, display_id=True)
        else:
            self._handle.update(text)
        self._last = time.monotonic()

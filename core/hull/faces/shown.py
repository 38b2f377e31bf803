"""The values that a front shows: equal to what the verb returned, each with a face for terminals and for notebooks."""

import sys

from hull import present
from hull.faces import markup, style, tables, trees
from hull.light import Any
from hull.output import Piece

MARKS = {"A": "added", "C": "changed", "D": "deleted"}  # of diff


class Table(list):  # type: ignore[type-arg]
    """Rows of named tuples: a list that displays as a table. `row` is their class, for there may be none."""

    def __init__(self, rows: Any = (), row: type | None = None) -> None:
        super().__init__(rows)
        self.row = row

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text("\n".join(present.table(self, self.row)))

    def _repr_html_(self) -> str:
        return tables.html(self, self.row)


class Report(Table):
    """Rows that a terminal shows as sentences."""

    def __init__(self, rows: Any, text: str) -> None:
        super().__init__(rows)
        self._text = text

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(self._text)


class Documents(list):  # type: ignore[type-arg]
    """What inspect says: a list of nested documents that displays as JSON, in a notebook as a tree that folds."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(present.to_json(list(self)))

    def _repr_html_(self) -> str:
        return trees.html(list(self))


class Text(str):
    """Text that displays as it reads, without quotes."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))


class Lines(list):  # type: ignore[type-arg]
    """A list of strings that displays one a line; those of diff in the colours of what happened."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text("\n".join(self))

    def _repr_html_(self) -> str | None:
        if not self or not all(line[:1] in MARKS and line[1:2] == " " for line in self):
            return None
        lines = (f'<span class="{MARKS[line[0]]}">{markup.text(line)}</span>' for line in self)
        return style.page(f"<pre>{'<br>'.join(lines)}</pre>")


class Painted(Lines):
    """Lines that say how they look in colours: a diff of a try."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.painted: list[str] = value.painted
        self.colours: str = value.colours

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        wanted = present.wants_colours(self.colours, sys.stdout)
        printer.text("\n".join(self.painted if wanted else self))

    def _repr_html_(self) -> str:
        return style.page(f"<pre>{markup.ansi(chr(10).join(self.painted))}</pre>")


class Log(list):  # type: ignore[type-arg]
    """Pieces of output, kept: in a notebook their colours are kept, and standard error is marked."""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(b"".join(piece.data for piece in self).decode(errors="replace").rstrip("\n"))

    def _repr_html_(self) -> str:
        return style.page(f"<pre>{''.join(map(_piece, self))}</pre>")


def _piece(piece: Piece) -> str:
    made = markup.ansi(piece.data.decode(errors="replace"))
    return made if piece.stream == 1 else f'<span class="err">{made}</span>'


def face(value: Any, row: type | None = None) -> Any:
    """Return the value with a face, equal to what the verb returned; None where there is nothing to show."""
    if isinstance(value, str):
        return Text(value) if value else None
    if present.is_rows(value) or (value == [] and row):
        return Table(value, row)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Painted(value) if hasattr(value, "painted") else Lines(value)
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return Documents(value)
    if hasattr(value, "rows") and hasattr(value, "_fields"):  # doctor's report
        return Report(value.rows, str(value))
    return value

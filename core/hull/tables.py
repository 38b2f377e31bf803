"""Rows become tables and lines: the columns a row has, or what a Docker template says of each.

A row is a named tuple. Its class may say how Docker's placeholders read it, all three or none:
    placeholders(self) -> dict[str, Any]   what --format sees, text as Docker prints it; a callable is a method
    headings() -> dict[str, Any]           static: the column of each placeholder
    layout(rows) -> tuple[str, ...] | str  static: the table without --format, placeholders or "table TEMPLATE"
Without them every field is a column, and a placeholder: cpu_percent is {{.CPUPercent}}.
"""

import time
from collections.abc import Iterable, Sequence

from hull.light import Any
from hull.units import size, span

TABLE = "table "
_SHOUTED = {"id": "ID", "cpu": "CPU", "io": "IO", "pid": "PID", "pids": "PIDs", "uid": "UID", "url": "URL", "ip": "IP"}


def grid(rows: Sequence[Any], row: type | None = None, template: str = "") -> list[list[str]]:
    """Return the header and the cells of a table; `row` is the rows' class, for a table that may have none."""
    row = type(rows[0]) if rows else row
    layout = getattr(row, "layout", None)
    shown: tuple[str, ...] | str = layout(rows) if layout and not template else template
    if not isinstance(shown, str):
        columns = headings(row)
        return [[columns[name] for name in shown]] + [_line(one.placeholders(), shown) for one in rows]
    template = shown
    if not template:
        names = row._fields if row is not None else ()  # type: ignore[attr-defined]
        return [header(names)] + [[cell(n, v) for n, v in zip(names, one, strict=True)] for one in rows]
    from hull.template import parse
    from hull.template.functions import HEADER_FUNCTIONS

    parsed = parse(template.removeprefix(TABLE), escapes=True)
    lines = [parsed.render(headings(row), HEADER_FUNCTIONS)]
    lines += [harmless(parsed.render(placeholders(one))) for one in rows]
    return [line.split("\t") for line in lines]


def _line(values: dict[str, Any], shown: tuple[str, ...]) -> list[str]:
    return [harmless(values[name]) for name in shown]


def aligned(cells: list[list[str]]) -> list[str]:
    """Return one line a row, columns three spaces apart."""
    widths: list[int] = []
    for line in cells:
        widths += [0] * (len(line) - len(widths))
        for column, text in enumerate(line):
            widths[column] = max(widths[column], len(text))
    return ["   ".join(map(str.ljust, line, widths)).rstrip() for line in cells]


def rendered(values: Iterable[Any], template: str) -> Iterable[str]:
    """Return what a template makes of each row or document, exactly."""
    from hull.template import parse

    for value in values:
        rows = hasattr(value, "_fields")
        yield parse(template, escapes=rows).render(placeholders(value) if rows else value)


def header(fields: Iterable[str]) -> list[str]:
    """Return the column names of a row's fields."""
    return [field.replace("_", " ").upper() for field in fields]


def headings(row: type | None) -> dict[str, Any]:
    """Return the column of each placeholder."""
    own = getattr(row, "headings", None)
    fields = getattr(row, "_fields", ())
    return dict(own()) if own else dict(zip(map(camel, fields), header(fields), strict=True))


def placeholders(row: Any) -> dict[str, Any]:
    """Return what a template sees of a row, in the order of the alphabet."""
    own = getattr(row, "placeholders", None)
    found = own() if own else {camel(name): cell(name, value) for name, value in row._asdict().items()}
    return dict(sorted(found.items()))


def camel(field: str) -> str:
    """Return a field's name as a placeholder."""
    return "".join(_SHOUTED.get(word, word.capitalize()) for word in field.split("_"))


def cell(field: str, value: Any) -> str:
    """Return one value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and field.endswith("size"):
        return size(value)
    if isinstance(value, int | float) and field.startswith("created"):
        return f"{span(time.time() - value)} ago"
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return harmless(str(value))


def harmless(text: str) -> str:
    """Escape control characters, tabs apart: names and labels come from images, a terminal must not obey them."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)

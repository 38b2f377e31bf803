"""What people see: tables, sizes, ages, JSON. Every front uses it; verbs return values and never print.

A row's field names are the table's header. A number in `size` is bytes, in `created` seconds since the epoch; JSON
keeps them as they are.
"""

import os
import time
from collections.abc import Iterable, Sequence

from hull.light import Any, TextIO
from hull.units import span

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def show(value: Any, stream: TextIO, output: str = "", fields: tuple[str, ...] = ()) -> None:
    """Write a verb's value: text as lines, rows as a table (or JSON where asked), anything nested as JSON.

    `fields` is the header of a table that may have no rows.
    """
    stream.writelines(f"{line}\n" for line in lines(value, output, fields))


def lines(value: Any, output: str = "", fields: tuple[str, ...] = ()) -> Iterable[str]:
    """Return the lines of a verb's value."""
    if output == "json":
        return [to_json(value)]
    if isinstance(value, str):
        return [value] if value else []
    if is_rows(value) or (value == [] and fields):
        return table(value, fields)
    if isinstance(value, dict) or (isinstance(value, list) and value and not isinstance(value[0], str)):
        return [to_json(value)]
    if isinstance(value, list) or hasattr(value, "__next__"):
        return (str(item) for item in value)
    return str(value).splitlines()


def is_rows(value: Any) -> bool:
    """Whether the value is a non-empty list of named tuples."""
    return isinstance(value, list) and bool(value) and hasattr(value[0], "_fields")


def header(fields: Iterable[str]) -> list[str]:
    """Return the column names of a row's fields."""
    return [field.replace("_", " ").upper() for field in fields]


def cell(field: str, value: Any) -> str:
    """Return one value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and field.endswith("size"):
        return size(value)
    if isinstance(value, int | float) and field.startswith("created"):
        return age(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return _harmless(str(value))


def table(rows: Sequence[Any], fields: Iterable[str] = ()) -> list[str]:
    """Return a header and one line a row, columns three spaces apart. Without rows, `fields` makes the header."""
    names = tuple(rows[0]._fields if rows else fields)
    cells = [header(names)] + [[cell(n, v) for n, v in zip(names, row, strict=True)] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return ["   ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def to_json(value: Any) -> str:
    """Return indented JSON; named tuples become objects."""
    import json

    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Return the value in JSON's own types."""
    if hasattr(value, "_asdict"):
        return {key: plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def size(count: float) -> str:
    """Return bytes in decimal units, three significant digits: 1.23MB, as docker writes them."""
    step = 0
    while count >= 1000 and step < len(_UNITS) - 1:  # noqa: PLR2004
        count /= 1000
        step += 1
    return f"{count:.3g}{_UNITS[step]}" if count < 999.5 else f"{count:.0f}{_UNITS[step]}"  # noqa: PLR2004


def age(then: float, now: float | None = None) -> str:
    """Return how long ago a time was, in its largest unit."""
    return f"{span((time.time() if now is None else now) - then)} ago"


def _harmless(text: str) -> str:
    """Escape control characters: names and labels come from images, a terminal must not obey them."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def explain(error: Exception) -> str:
    """Return what to print for a failure: message and hint; for one nobody foresaw, where its traceback is.

    HULL_DEBUG=1 puts the traceback before it.
    """
    from hull.errors import HullError

    debug = _traceback(error) if os.environ.get("HULL_DEBUG") else ""
    if isinstance(error, HullError):
        return f"{debug}hull: {error.message}" + (f"\n  hint: {error.hint}" if error.hint else "")
    where = "the traceback is above" if debug else f"HULL_DEBUG=1 prints the traceback; it is in {_save(error)}"
    return f"{debug}hull: this is a fault in hull: {type(error).__name__}: {error}\n  hint: {where}"


def _traceback(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _save(error: Exception) -> str:
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="hull-traceback-", suffix=".txt", delete=False) as file:
        file.write(_traceback(error))
    return file.name

"""What people see: tables, templates, sizes, ages, JSON. Every front uses it; verbs return values and never print.

A row's field names are the table's header, unless its class says more (hull.tables). A number in `size` is bytes, in
`created` seconds since the epoch; JSON keeps them as they are.
"""

import os
import time
from collections.abc import Iterable, Sequence

from hull import units
from hull.light import Any, TextIO

JSON = "json"  # indented, a row's own fields
COMPACT = "compact"  # one line
SQLITE_FULL = 13  # sqlite3.SQLITE_FULL, without its import


def show(value: Any, stream: TextIO, output: str = "", row: type | None = None) -> None:
    """Write a verb's value: text as lines, rows as a table (or what `output` says), anything nested as JSON.

    `output` is JSON, COMPACT, a template, or "table TEMPLATE"; `row` the class of a table that may have no rows.
    """
    if hasattr(value, "painted") and wants_colours(value.colours, stream):
        stream.writelines(f"{line}\n" for line in value.painted)
        return
    if not hasattr(value, "frames"):
        stream.writelines(f"{line}\n" for line in lines(value, output, row))
        return
    for rows in value.frames():  # one table after another, until an interrupt
        _redraw([f"{line}\n" for line in lines(rows, output, row)], stream, over=not output or "table " in output)


def wants_colours(word: str, stream: TextIO) -> bool:
    """Whether `always`, `never` or `auto` means colours on this stream: auto where it is a terminal with some."""
    if word != "auto":
        return word == "always"
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _redraw(frame: list[str], stream: TextIO, *, over: bool) -> None:
    """Write a table over the one before, where there is a terminal that can."""
    if over and stream.isatty():
        frame = ["\033[H", *(line.replace("\n", "\033[K\n") for line in frame), "\033[J"]
    stream.write("".join(frame))
    stream.flush()


def lines(value: Any, output: str = "", row: type | None = None) -> Iterable[str]:
    """Return the lines of a verb's value."""
    if output:
        return _shaped(value, output, row)
    if isinstance(value, str):
        return [value] if value else []
    if is_rows(value) or (value == [] and row is not None):
        return table(value, row)
    if isinstance(value, dict) or (isinstance(value, list) and value and not isinstance(value[0], str | int)):
        return [to_json(value)]
    if isinstance(value, list) or hasattr(value, "__next__"):
        return (str(item) for item in value)
    return str(value).splitlines()


def _shaped(value: Any, output: str, row: type | None) -> Iterable[str]:
    from hull import tables

    if output == JSON:
        return [to_json(value)]
    if output == COMPACT:
        import json

        return [json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)]
    if output.startswith(tables.TABLE):
        return tables.aligned(tables.grid(value, row, output))
    return tables.rendered(value, output)


def is_rows(value: Any) -> bool:
    """Whether the value is a non-empty list of named tuples."""
    return isinstance(value, list) and bool(value) and hasattr(value[0], "_fields")


def table(rows: Sequence[Any], row: type | None = None) -> list[str]:
    """Return a header and one line a row. Without rows, their class makes the header."""
    from hull import tables

    return tables.aligned(tables.grid(rows, row))


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
    return units.size(count)


def age(then: float, now: float | None = None) -> str:
    """Return how long ago a time was, in its largest unit."""
    return f"{units.span((time.time() if now is None else now) - then)} ago"


def explain(error: Exception) -> str:
    """Return what to print for a failure: message and hint; for one nobody foresaw, where its traceback is.

    HULL_DEBUG=1 puts the traceback before it.
    """
    from hull import tables
    from hull.errors import HullError

    debug = _traceback(error) if os.environ.get("HULL_DEBUG") else ""
    if isinstance(error, HullError):
        told = "\n".join(f"hull: {one.message}" + (f"\n  hint: {one.hint}" if one.hint else "") for one in error.errors)
        return debug + "\n".join(map(tables.harmless, told.split("\n")))
    if _is_full(error):
        return (
            f"{debug}hull: cannot go on: the disk is full: {error}\n  hint: hull drop, hull rm or hull prune make room"
        )
    where = "the traceback is above" if debug else f"HULL_DEBUG=1 prints the traceback; it is in {_save(error)}"
    return f"{debug}hull: this is a fault in hull: {type(error).__name__}: {error}\n  hint: {where}"


def _is_full(error: Exception) -> bool:
    """Whether there was no room: on a file system, or for the database."""
    import errno

    number = getattr(error, "errno", None)
    return number in (errno.ENOSPC, errno.EDQUOT) or getattr(error, "sqlite_errorcode", None) == SQLITE_FULL


def _traceback(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _save(error: Exception) -> str:
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="hull-traceback-", suffix=".txt", delete=False) as file:
        file.write(_traceback(error))
    return file.name

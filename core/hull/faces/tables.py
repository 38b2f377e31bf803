"""Rows of named tuples as a table to look at: the cells are those of hull.tables, some have a face of their own."""

from collections.abc import Callable, Sequence

from hull import tables
from hull.faces.markup import text
from hull.faces.style import page
from hull.light import Any
from hull.units import moment

DOTS = {
    "running": "good", "stopping": "busy", "restarting": "busy", "paused": "busy", "created": "", "exited": "",
    "dead": "bad", "removing": "busy", "ok": "good", "warn": "busy", "fail": "bad",
}  # fmt: skip
NUMBERS = ("SIZE", "CPU %", "MEM %", "MEM USAGE / LIMIT", "NET I/O", "BLOCK I/O", "PIDS", "CELLS", "TOTAL", "ACTIVE",
           "RECLAIMABLE", "PID", "PPID", "STARS")  # fmt: skip
Face = Callable[[str, Any], str]


def html(rows: Sequence[Any], row: type | None = None) -> str:
    """Return the whole output of a table."""
    head, *body = _named_first(tables.grid(rows, row))
    made = [_line("th", head, head, None)]
    made += [_line("td", head, cells, one) for cells, one in zip(body, rows, strict=True)]
    first, rest = made[0], "".join(made[1:])
    none = f'<tr><td class="dim" colspan="{len(head)}">none</td></tr>'
    return page(f"<table><thead>{first}</thead><tbody>{rest or none}</tbody></table>")


def _named_first(grid: list[list[str]]) -> list[list[str]]:
    """Return the cells with the names in front: Docker's last column is the first to leave a narrow window."""
    at = grid[0].index("NAMES") if "NAMES" in grid[0] else 0
    return [[cells[at], *cells[:at], *cells[at + 1 :]] for cells in grid]


def dot(state: str, health: str = "", code: int = 0) -> str:
    """Return a state's dot; one that ended with a failure, or is not well, is red."""
    kind = "bad" if health == "unhealthy" or (state == "exited" and code) else DOTS.get(state, "")
    return f'<span class="dot {kind}" title="{text(state)}"></span>'


def bar(part: float) -> str:
    """Return a bar that is so full, 0 to 1."""
    return f'<span class="bar"><i style="width:{max(0.0, min(part, 1.0)) * 100:.0f}%"></i></span>'


def _line(tag: str, head: list[str], cells: list[str], row: Any) -> str:
    made = []
    for name, cell in zip(head, cells, strict=True):
        kind = ' class="num"' if name in NUMBERS else ""
        face = FACES.get(name) if row is not None else None
        made.append(f"<{tag}{kind}{_title(name, cell, row)}>{face(cell, row) if face else text(cell)}</{tag}>")
    return f"<tr>{''.join(made)}</tr>"


def _title(name: str, cell: str, row: Any) -> str:
    """Return what hovering tells: a date for an age, the whole of what is shortened, the labels of a name."""
    if row is None:
        return ""
    if name == "CREATED":
        created = getattr(row, "created", 0)
        shown = moment(created) if created else ""
    elif name in ("NAME", "NAMES"):
        shown = "\n".join(f"{key}={value}" for key, value in (getattr(row, "labels", None) or {}).items())
    else:
        shown = cell
    return f' title="{text(shown)}"' if shown else ""


def _status(cell: str, row: Any) -> str:
    state = getattr(row, "state", "")
    return dot(state, getattr(row, "health", ""), getattr(row, "exit_code", 0)) + text(cell)


def _percent(cell: str, _row: Any) -> str:
    try:
        part = float(cell.rstrip("%")) / 100
    except ValueError:
        return text(cell)
    return text(cell) + bar(part)


def _name(cell: str, _row: Any) -> str:
    return f'<span class="name">{text(cell)}</span>'


def _code(cell: str, _row: Any) -> str:
    return f'<code class="dim">{text(cell)}</code>'


FACES: dict[str, Face] = {
    "STATUS": _status,
    "STATE": _status,
    "NAMES": _name,
    "NAME": _name,
    "REPOSITORY": _name,
    "CONTAINER ID": _code,
    "IMAGE ID": _code,
    "NETWORK ID": _code,
    "CONTAINER": _code,
    "DIGEST": _code,
    "COMMAND": lambda cell, _: f"<code>{text(cell)}</code>",
    "CREATED BY": lambda cell, _: f"<code>{text(cell)}</code>",
    "TAG": lambda cell, _: f'<span class="tag">{text(cell)}</span>',
    "CPU %": _percent,
    "MEM %": _percent,
}

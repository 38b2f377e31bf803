"""What is mounted where, from /proc/self/mountinfo: the mounts that a path of this machine reaches.

Source of the format: proc(5). Blanks, tabs, newlines and backslashes of a path are octal escapes; bytes that are no
UTF-8 become surrogates.
"""

from hull.light import NamedTuple


class Mounted(NamedTuple):
    """One visible mount: `kind` is the file system's name, `device` its major:minor, `source` what it was made of.

    `root` is the directory of the file system that it shows.
    """

    path: str
    kind: str
    device: str = ""
    source: str = ""
    root: str = ""


class _Row(NamedTuple):
    ident: str
    parent: str
    mounted: Mounted


def read(path: str = "/proc/self/mountinfo") -> tuple[Mounted, ...]:
    """Return this process's visible mounts."""
    with open(path, "rb") as file:
        return parse(file.read())


def parse(text: bytes) -> tuple[Mounted, ...]:
    """Return the visible mounts of a mountinfo text, parents before what is mounted below them."""
    rows = [row for line in text.split(b"\n") if (row := _row(line)) is not None]
    known = {row.ident for row in rows}
    below: dict[str, list[_Row]] = {}
    for row in rows:
        below.setdefault(row.parent, []).append(row)
    found: list[Mounted] = []
    pending = [row for row in rows if row.parent not in known or row.parent == row.ident]
    while pending:
        row = _topmost(pending.pop(), below)
        found.append(row.mounted)
        others = [child for child in below.get(row.ident, ()) if child.ident != row.ident]
        pending += [child for child in others if not _covered(child, others)]
    return tuple(sorted(found))


def _topmost(row: _Row, below: dict[str, list[_Row]]) -> _Row:
    """Return what was mounted last on a mount's own place."""
    while over := [c for c in below.get(row.ident, ()) if c.mounted.path == row.mounted.path and c.ident != row.ident]:
        row = over[-1]
    return row


def _covered(row: _Row, others: list[_Row]) -> bool:
    """Whether another child of the same mount lies over a directory above this one."""
    return any(is_below(row.mounted.path, other.mounted.path) for other in others)


def _row(line: bytes) -> _Row | None:
    fields = line.split(b" ")
    if len(fields) < 10 or b"-" not in fields[6:]:  # noqa: PLR2004 (the fewest of the format)
        return None
    dash = fields.index(b"-", 6)
    ident, parent, device = (field.decode() for field in fields[:3])
    place, kind, source = (_plain(field) for field in (fields[4], fields[dash + 1], fields[dash + 2]))
    return _Row(ident, parent, Mounted(place, kind, device, source, _plain(fields[3])))


def _plain(field: bytes) -> str:
    """Undo the octal escapes."""
    if b"\\" in field:
        first, *rest = field.split(b"\\")
        field = first + b"".join(bytes([int(part[:3], 8)]) + part[3:] for part in rest)
    return field.decode(errors="surrogateescape")


def is_below(path: str, directory: str) -> bool:
    """Whether `path` lies in `directory` or deeper; both absolute and normal. Nothing lies below itself."""
    return path != directory and path.startswith(directory if directory == "/" else f"{directory}/")


def is_at_or_below(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or lies below it."""
    return path == directory or is_below(path, directory)

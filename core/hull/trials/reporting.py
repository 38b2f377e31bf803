"""What people see of changes: how many, the list with what is alike folded, the table by directory.

Text is made of pieces, each with a style: the same lines come plain and painted. Names are quoted where a terminal
would not show them.
"""

from collections.abc import Iterable, Iterator

from hull.light import NamedTuple
from hull.trials.changes import ADDED, CHANGED, CONTENT, REMOVED, TIME, TYPE, Change
from hull.trials.packages import Row
from hull.trials.texts import described, quoted
from hull.units import size

GOOD, BUSY, BAD, ABOUT, DIM, HEAD = "32", "33", "31", "36", "2", "1"  # SGR
MARKS = {ADDED: ("A", GOOD), CHANGED: ("M", BUSY), REMOVED: ("D", BAD)}
WIDE = 56  # columns for paths, where none is longer
MOST_VERSION = 32
_VERBS = {"installed": GOOD, "added": GOOD, "enabled": GOOD, "removed": BAD, "disabled": BAD, "changed": BUSY}


class Piece(NamedTuple):
    """Some text and its style."""

    text: str
    style: str = ""


Line = list[Piece]


class Lines(list[str]):
    """Plain lines; `painted` are the same in colours, `colours` when they are to be: auto, always, never."""

    exit_code = 0
    colours = "auto"

    def __init__(self, lines: Iterable[Line]) -> None:
        made = list(lines)
        super().__init__("".join(piece.text for piece in line).rstrip() for line in made)
        self.painted = ["".join(map(_paint, line)).rstrip() for line in made]


def _paint(piece: Piece) -> str:
    return f"\033[{piece.style}m{piece.text}\033[m" if piece.style and piece.text else piece.text


def is_noise(change: Change) -> bool:
    """Whether it is a directory's time alone: what was added to or removed from it says so."""
    return change.kind == CHANGED and change.what == (TIME,) and change.new is not None and _is_tree(change)


def _is_tree(change: Change) -> bool:
    entry = change.new or change.old
    return entry is not None and entry.kind == "directory"


def counted(changes: Iterable[Change]) -> str:
    """Return how many were added, changed and removed, in words; what was moved counts once."""
    found = [change for change in changes if not is_noise(change)]
    moved = {change.renamed for change in found if change.renamed}
    kinds = [_kind(change) for change in found if not (change.kind == REMOVED and change.path in moved)]
    words = [f"{kinds.count(kind)} {kind}" for kind in (ADDED, CHANGED, REMOVED, "moved") if kind in kinds]
    return ", ".join(words) or "nothing was changed"


def _kind(change: Change) -> str:
    return "moved" if change.renamed else change.kind


def listing(groups: list[tuple[str, list[Change]]], rows: list[Row], *, whole: bool = False) -> Iterator[Line]:
    """Yield the list: packages first, then each group under its heading. `whole`: nothing is folded or left out."""
    from hull.trials.reporting_folds import folded

    yield from packages(rows)
    for title, changes in groups:
        lines = list(folded(changes, rows, whole=whole))
        if not lines:
            continue
        if title:
            yield [Piece(title, HEAD)]
        width = min(WIDE, max(len(path) for _, path, _ in lines))
        for (mark, style), path, about in lines:
            yield [Piece(f"{mark} ", style), Piece(path.ljust(width if about else 0)), Piece(f"  {about}", DIM)]
    yield from _notes([change for _, changes in groups for change in changes])


def packages(rows: list[Row]) -> Iterator[Line]:
    """Yield a line for each package, account and unit."""
    if rows:
        yield [Piece("Packages, accounts, units", HEAD)]
    said = [quoted(" → ".join(filter(None, (row.old, row.new)))) for row in rows]
    width = max((len(quoted(row.name)) for row in rows), default=0)
    wide = min(MOST_VERSION, max(map(len, said), default=0))
    for row, versions in zip(rows, said, strict=True):
        files = f"{len(row.paths)} path{'s' if len(row.paths) > 1 else ''}" if row.paths else ""
        yield [
            Piece(f"  {row.manager:<5} "),
            Piece(f"{row.verb:<9} ", _VERBS.get(row.verb, "")),
            Piece(quoted(row.name).ljust(width)),
            Piece(f"  {versions.ljust(wide)}  {files}", DIM),
        ]


def mark(change: Change) -> tuple[str, str]:
    """Return the letter and its style."""
    return ("R", ABOUT) if change.renamed else MARKS[change.kind]


def about(change: Change) -> str:
    """Return what is to be known beside the path."""
    if change.renamed:
        return f"was {quoted(change.renamed)}"
    if change.kind == CHANGED:
        return described(change)
    entry = change.new or change.old
    if entry is None or entry.kind == "directory":
        return ""
    if entry.kind == "link":
        return f"→ {quoted(entry.target)}"
    return size(entry.size) if entry.kind == "file" else entry.kind


def _notes(changes: list[Change]) -> Iterator[Line]:
    for change in changes:
        old, new = change.old, change.new
        if change.same and change.path < min(change.same):
            yield [Piece(f"{quoted(change.path)} is one file with {', '.join(map(quoted, change.same))}", DIM)]
        parted = old is not None and new is not None and old.links > max(1, new.links) and old.kind == "file"
        if parted and set(change.what) & {CONTENT, TYPE}:
            yield [
                Piece(f"{quoted(change.path)} had {old.links if old else 0} names: the others keep the old file", DIM)
            ]


def statistics(changes: list[Change]) -> Iterator[Line]:
    """Yield a line for each directory: how many were added, changed and removed in it, and how many bytes more."""
    from hull.trials.reporting_folds import by_directory

    rows = by_directory([change for change in changes if not is_noise(change)])
    width = max((len(path) for path, _ in rows), default=0)
    for path, (added, changed, removed, more) in rows:
        yield [
            Piece(f" {path.ljust(width)} | "),
            Piece(f"{added or '':>5}{'+' if added else ' '}", GOOD),
            Piece(f"{changed or '':>5}{'~' if changed else ' '}", BUSY),
            Piece(f"{removed or '':>5}{'-' if removed else ' '}", BAD),
            Piece(f" {_signed(more)}", DIM),
        ]
    yield [Piece(f" {counted(changes)}, {_signed(sum(row[3] for _, row in rows))}")]


def _signed(count: int) -> str:
    return f"{'-' if count < 0 else '+'}{size(abs(count))}"

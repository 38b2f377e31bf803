"""Which columns of a table fit a width, and how wide each becomes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hull.ui import text

GAP = 2


class Column(NamedTuple):
    """One column. `cell` gives style and text of a row; `rank` says who goes first where there is no room: 0 stays.

    `least` and `most` bound its width in cells.
    """

    title: str
    cell: Callable[[Any, Any], text.Fragment]
    rank: int = 0
    least: int = 4
    most: int = 40
    right: bool = False


class Grid(NamedTuple):
    """Columns that fit, with their widths."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]

    def header(self, more: str) -> str:
        """Return the line of titles."""
        return self._joined([(c.title, c.right) for c in self.columns], more)

    def line(self, cells: Sequence[text.Fragment], more: str) -> text.Line:
        """Return a row's line."""
        line: text.Line = []
        for place, ((style, value), column, width) in enumerate(zip(cells, self.columns, self.widths, strict=True)):
            line += [("", " " * GAP)] if place else []
            line.append((style, text.fit(value, width, more, right=column.right)))
        return line

    def _joined(self, words: list[tuple[str, bool]], more: str) -> str:
        made = [
            text.fit(word, width, more, right=right) for (word, right), width in zip(words, self.widths, strict=True)
        ]
        return (" " * GAP).join(made)


def chosen(columns: Sequence[Column], widest: Sequence[int], cells: int) -> Grid:
    """Return the columns that fit in so many cells; `widest` is the width of the widest text of each on the screen.

    Columns without any text leave, then others by their rank until the least widths fit; the room that is left goes to
    those that want it, by their rank.
    """
    kept = [i for i, column in enumerate(columns) if not column.rank or widest[i] or not any(widest)]
    least = [min(column.least, max(wide, len(column.title))) for column, wide in zip(columns, widest, strict=True)]
    while len(kept) > 1 and sum(least[i] for i in kept) + GAP * (len(kept) - 1) > cells:
        worst = max(kept, key=lambda i: (columns[i].rank, i))
        kept.remove(worst)
    wanted = {i: max(least[i], min(columns[i].most, max(widest[i], len(columns[i].title)))) for i in kept}
    widths = {i: min(least[i], cells) for i in kept}
    room = cells - sum(widths.values()) - GAP * (len(kept) - 1)
    for i in sorted(kept, key=lambda i: (columns[i].rank, i)):
        more = min(room, wanted[i] - widths[i])
        widths[i] += more
        room -= more
    return Grid(tuple(columns[i] for i in kept), tuple(widths[i] for i in kept))

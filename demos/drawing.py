"""A terminal's screen as a picture: pyte's characters as SVG text, so that it can be read, searched and diffed."""

from html import escape
from itertools import groupby
from typing import Any, NamedTuple

import pyte

WIDTH, HEIGHT, MARGIN, BAR = 8.4, 19, 14, 34
INK, PAPER = "#d8dee9", "#1e222a"
COLOURS = {
    "black": "#4c566a", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "blue": "#61afef",
    "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d8dee9",
}  # fmt: skip
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<title>{title}</title><style>text{{white-space:pre}}</style>
<rect width="100%" height="100%" rx="8" fill="{paper}"/>
<g fill="#4c566a"><circle cx="20" cy="18" r="5"/><circle cx="38" cy="18" r="5"/><circle cx="56" cy="18" r="5"/></g>
<text x="{middle}" y="22" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#8892a6">{title}</text>
<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14" xml:space="preserve" fill="{ink}">
"""


class Look(NamedTuple):
    """How one character is drawn."""

    colour: str
    paper: str
    bold: bool
    italics: bool


def picture(screen: pyte.Screen, title: str) -> str:
    """Return the lines of a screen that hold something as one SVG document."""
    used = max((row for row, line in enumerate(screen.display) if line.strip()), default=0) + 1
    width, height = round(screen.columns * WIDTH + 2 * MARGIN), used * HEIGHT + BAR + MARGIN
    head = HEAD.format(width=width, height=height, title=escape(title), middle=width // 2, paper=PAPER, ink=INK)
    return head + "".join(_line(screen.buffer[row], row, screen.columns) for row in range(used)) + "</g>\n</svg>\n"


def _line(cells: Any, row: int, columns: int) -> str:
    y, drawn, column = BAR + (row + 1) * HEIGHT - 5, "", 0
    for look, group in groupby((cells[at] for at in range(columns)), _look):
        text = "".join(cell.data for cell in group)
        x = MARGIN + column * WIDTH
        column += len(text)
        if look.paper:
            box = f'x="{x:.1f}" y="{y - HEIGHT + 5}" width="{len(text) * WIDTH:.1f}" height="{HEIGHT}"'
            drawn += f'<rect {box} fill="{look.paper}"/>'
        if shown := text.strip():
            x += (len(text) - len(text.lstrip())) * WIDTH
            style = f' fill="{look.colour}"' if look.colour != INK else ""
            style += ' font-weight="bold"' if look.bold else ""
            style += ' font-style="italic"' if look.italics else ""
            fit = f'textLength="{len(shown) * WIDTH:.1f}"'
            drawn += f'<text x="{x:.1f}" y="{y}" {fit}{style}>{escape(shown, quote=False)}</text>'
    return f"{drawn}\n" if drawn else ""


def _look(cell: Any) -> Look:
    ink, paper = _colour(cell.fg, INK), _colour(cell.bg, "")
    if cell.reverse:
        ink, paper = paper or PAPER, ink
    return Look(ink, paper, cell.bold, cell.italics)


def _colour(name: str, usual: str) -> str:
    if name == "default":
        return usual
    known = COLOURS.get(name.removeprefix("bright"))
    return known or (f"#{name}" if len(name) == 6 else usual)  # noqa: PLR2004 (RRGGBB)

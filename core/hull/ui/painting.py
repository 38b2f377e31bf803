"""The state as lines of text: a pure function of it and a size.

    title        the five lists, and what all containers use together
    list         what runs
    rule         the details' tabs
    details      of the chosen row
    last line    a message, a question, a line that is typed, or hints

A narrow or low terminal gets the list alone, or the details alone; a wide one both side by side.
"""

from typing import NamedTuple

from hull.ui import columns, details, overlays, text
from hull.ui.panes import PANES, UP
from hull.ui.state import Spoken, State
from hull.units import size

LOW, NARROW = 14, 40  # below, list and details take turns
WIDE = 150  # from here on they stand side by side
LEAST = (20, 4)
HEAD = 2  # the title and the list's header
FEW = 4  # rows that a list keeps however small it is


class Spot(NamedTuple):
    """A part of one line that the mouse finds: `what` is pane, row, tab or details."""

    line: int
    first: int
    last: int
    what: str
    value: str


class Frame(NamedTuple):
    """What is drawn, and where the mouse finds what."""

    lines: list[text.Line]
    spots: list[Spot]

    def at(self, column: int, line: int) -> tuple[str, str]:
        """Return what is there."""
        for spot in self.spots:
            if spot.line == line and spot.first <= column < spot.last:
                return spot.what, spot.value
        return "", ""


def paint(state: State, width: int, height: int) -> Frame:
    """Return exactly `height` lines of exactly `width` cells."""
    if width < LEAST[0] or height < LEAST[1]:
        lines: list[text.Line] = [[("", f"hull: {width}x{height} is too small")]]
        return whole(state, lines, [], width, height)
    spots: list[Spot] = []
    lines = [_title(state, width, spots)]
    foot = overlays.foot(state, width)[: height - 2]
    room = height - 1 - len(foot)
    if state.help:
        lines += overlays.help_page(state, width, room)
    else:
        lines += _body(state, width, room, spots)
    return whole(state, [*lines, *([[]] * (1 + room - len(lines))), *foot], spots, width, height)


def whole(state: Spoken, lines: list[text.Line], spots: list[Spot], width: int, height: int) -> Frame:
    """Return lines as a frame of exactly this size, in the characters that the terminal has."""
    lines = [*lines[:height], *([[]] * (height - len(lines)))]
    shown = state.glyphs.shown
    return Frame([text.padded([(s, shown(t)) for s, t in line], width) for line in lines], spots)


def _body(state: State, width: int, height: int, spots: list[Spot]) -> list[text.Line]:
    small = height + 2 < LOW or width < NARROW
    if state.zoomed or (small and state.inside):
        return _details(state, width, height, spots, 1)
    if small:
        return _list(state, width, height, spots)
    if width >= WIDE:
        return _beside(state, width, height, spots)
    upper = max(FEW, min(len(state.here.shown) + 1, height * 2 // 5))
    return [*_list(state, width, upper, spots), *_details(state, width, height - upper, spots, 1 + upper)]


def _beside(state: State, width: int, height: int, spots: list[Spot]) -> list[text.Line]:
    left = width * 11 // 20
    right: list[Spot] = []
    details_ = _details(state, width - left - 1, height, right, 1)
    spots += [s._replace(first=s.first + left + 1, last=s.last + left + 1) for s in right]
    lists = _list(state, left, height, spots)
    bar = ("class:rule", state.glyphs.beside)
    return [[*text.padded(a, left), bar, *b] for a, b in zip(lists, details_, strict=True)]


def _title(state: State, width: int, spots: list[Spot]) -> text.Line:
    line: text.Line = [("class:title bold", " hull ")]
    place = 6
    short = width < 78  # noqa: PLR2004 (what the words need)
    for number, (name, pane) in enumerate(PANES.items(), 1):
        word = f" {number} {pane.title[: 4 if short else None]}" if width >= NARROW else f" {number}"
        line.append(("class:title.here" if name == state.pane else "class:title", word))
        spots.append(Spot(0, place, place + len(word), "pane", name))
        place += len(word)
    return [*line, ("class:title", text.fit(_sums(state), max(0, width - place), "", right=True))]


def _sums(state: State) -> str:
    up = sum(row.state in UP for row in state.containers)
    cpu, memory = sum(row.cpu for row in state.used.values()), sum(row.memory for row in state.used.values())
    return f" {up}/{len(state.containers)} up {cpu:.0f}% {size(memory)} "


def _list(state: State, width: int, height: int, spots: list[Spot]) -> list[text.Line]:
    """Return the header and the rows of the list; only rows on the screen are made."""
    here, pane, more = state.here, PANES[state.pane], state.glyphs.more
    rows = here.window(height - 1)
    cells = [[column.cell(row, state) for column in pane.columns] for row in rows]
    widest = [max((text.width(line[i][1]) for line in cells), default=0) for i in range(len(pane.columns))]
    grid = columns.chosen(pane.columns, widest, width - 2)
    kept = [pane.columns.index(column) for column in grid.columns]
    lines: list[text.Line] = [[("class:header", f" {grid.header(more)}{_share(state, width)}")]]
    if not rows:
        words = "loading" if not here.loaded else f"nothing matches {here.filter!r}" if here.filter else pane.empty
        lines.append([("class:dim", f" {text.cut(words, width - 2, more)}")])
    for place, line in enumerate(cells):
        number = here.top + place
        style = ("class:chosen" if not state.inside else "class:chosen.away") if number == here.place else ""
        shown = [("", line[i][1]) if style else line[i] for i in kept]
        made = text.padded([("", " "), *grid.line(shown, more)], width, style)
        lines.append(made)
        spots.append(Spot(1 + len(lines) - 1, 0, width, "row", str(number)))
    lines[0] = text.padded(lines[0], width, "class:header")
    return [*lines, *([[]] * (height - len(lines)))][:height]


def _share(state: State, _width: int) -> str:
    return f"   /{text.plain(state.here.filter)}" if state.here.filter else ""


def _details(state: State, width: int, height: int, spots: list[Spot], at: int) -> list[text.Line]:
    """Return the rule with the tabs and what the chosen one shows."""
    style = "class:rule.inside" if state.inside else "class:rule"
    rule = state.glyphs.rule
    line: text.Line = [(style, f"{rule}{rule}")]
    place = 2
    for tab in PANES[state.pane].tabs:
        word = f" {tab.capitalize()} "
        line.append(("class:tab.here" if tab == state.tab else "class:tab", word))
        spots.append(Spot(at, place, place + len(word), "tab", tab))
        place += len(word)
    about = text.cut(f" {text.plain(details.about(state))} ", max(0, width - place - 4), state.glyphs.more)
    fill = rule * max(0, width - place - 2 - text.width(about))
    line += [(style, fill), ("class:about", about), (style, f"{rule}{rule}")]
    spots += [Spot(at + 1 + row, 0, width, "details", "") for row in range(height - 1)]
    body = details.body(state, width, height - 1)
    return [text.padded(one, width) for one in [line, *body, *([[]] * (height - 1 - len(body)))]][:height]

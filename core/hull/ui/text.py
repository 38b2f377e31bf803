"""Text on its way to a terminal: what containers wrote and images say is hostile until it has been here.

A line is a list of fragments (style, text), styles in prompt_toolkit's words. Widths are cells: a wide character has
two.
"""

import itertools
import re

from prompt_toolkit.utils import get_cwidth

from hull.tables import harmless

Fragment = tuple[str, str]
Line = list[Fragment]
LONGEST = 4000  # characters of a log's line that are shown
TAB = 8
_ESCAPE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]*)m"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # control sequences
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings: titles, clipboards
    r"|\x1b[ -/]*[0-~]?"
)
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "gray")
_BRIGHT = ("brightblack", "brightred", "brightgreen", "brightyellow", "brightblue", "brightmagenta", "brightcyan",
           "white")  # fmt: skip
_ON = {1: "bold", 3: "italic", 4: "underline", 7: "reverse"}
_OFF = {22: "bold", 23: "italic", 24: "underline", 27: "reverse"}
EXTENDED, PALETTE, DIRECT = (38, 48), 5, 2
CUBE, GREYS = 16, 232


def plain(text: str) -> str:
    """Return text of one line that no terminal obeys: escapes and controls are spelt out, tabs are blanks."""
    return harmless(text.expandtabs(TAB)) if "\t" in text else harmless(text)


def coloured(text: str) -> Line:
    """Return a log's line: its colours as styles, every other sequence gone, the rest harmless.

    Of what a carriage return overwrites the last is shown, as on a terminal.
    """
    text = text.rstrip("\r\n").rpartition("\r")[2][:LONGEST]
    if "\x1b" not in text and text.isprintable():
        return [("", text)]
    line: Line = []
    style: dict[str, str] = {}
    place = 0
    for found in _ESCAPE.finditer(text):
        _put(line, style, text[place : found.start()])
        place = found.end()
        if found["sgr"] is not None:
            _apply(style, found["sgr"])
    _put(line, style, text[place:])
    return line


def _put(line: Line, style: dict[str, str], text: str) -> None:
    if text:
        line.append((" ".join(style.values()), plain(text)))


def _apply(style: dict[str, str], words: str) -> None:
    """Change a style as `ESC [ words m` does."""
    numbers = [int(word[:3] or 0) for word in words.split(";")]
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            style.clear()
        elif number in _ON:
            style[_ON[number]] = _ON[number]
        elif number in _OFF:
            style.pop(_OFF[number], None)
        elif number in EXTENDED:
            _extended(style, "fg" if number == EXTENDED[0] else "bg", numbers)
        else:
            _basic(style, number)


def _basic(style: dict[str, str], number: int) -> None:
    for ground, base, names in (("fg", 30, _NAMES), ("bg", 40, _NAMES), ("fg", 90, _BRIGHT), ("bg", 100, _BRIGHT)):
        if base <= number < base + len(names):
            style[ground] = f"{ground}:ansi{names[number - base]}"
        elif number == base + 9:
            style.pop(ground, None)


def _extended(style: dict[str, str], ground: str, numbers: list[int]) -> None:
    kind = numbers.pop(0) if numbers else 0
    if kind == PALETTE and numbers:
        style[ground] = f"{ground}:{_palette(numbers.pop(0))}"
    elif kind == DIRECT and len(numbers) > DIRECT:
        red, green, blue = (min(numbers.pop(0), 255) for _ in range(3))
        style[ground] = f"{ground}:#{red:02x}{green:02x}{blue:02x}"


def _palette(number: int) -> str:
    """Return the colour of xterm's table of 256."""
    if number < CUBE:
        return f"ansi{(_NAMES + _BRIGHT)[number]}"
    if number >= GREYS:
        level = min(8 + 10 * (number - GREYS), 255)
        return f"#{level:02x}{level:02x}{level:02x}"
    steps = (0, 95, 135, 175, 215, 255)
    number -= CUBE
    return f"#{steps[number // 36]:02x}{steps[number // 6 % 6]:02x}{steps[number % 6]:02x}"


def width(text: str) -> int:
    """Return how many cells text takes."""
    return len(text) if text.isascii() else sum(map(get_cwidth, text))


def cut(text: str, cells: int, more: str = "…") -> str:
    """Return text in at most so many cells, its end marked where some is left out."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    kept, taken = [], 0
    for char in text:
        taken += get_cwidth(char)
        if taken > cells - len(more):
            break
        kept.append(char)
    return f"{''.join(kept)}{more}"


def fit(text: str, cells: int, more: str = "…", *, right: bool = False) -> str:
    """Return text in exactly so many cells."""
    text = cut(text, cells, more)
    blank = " " * (cells - width(text))
    return blank + text if right else text + blank


def padded(line: Line, cells: int, style: str = "") -> Line:
    """Return a line of exactly so many cells, cut or filled; `style` is added below every fragment's own."""
    made: Line = []
    left = cells
    for own, text in line:
        shown = text if width(text) <= left else cut(text, left, "")
        shown = shown if width(shown) <= left else ""
        made.append((f"{style} {own}" if style else own, shown))
        left -= width(shown)
        if shown != text:
            break
    if left > 0:
        made.append((style, " " * left))
    return made


def wrapped(line: Line, cells: int) -> list[Line]:
    """Return a line in as many rows as it needs; at least one."""
    rows: list[Line] = [[]]
    left = cells
    for style, text in line:
        start = 0
        for place, char in enumerate(text):
            size = get_cwidth(char)
            if size > left:
                rows[-1].append((style, text[start:place]))
                rows.append([])
                start, left = place, cells
            left -= size
        rows[-1].append((style, text[start:]))
    return rows


def marked(line: Line, needle: str, style: str) -> Line:
    """Return a line in which every occurrence of `needle`, whatever its case, has another style."""
    whole = "".join(text for _, text in line)
    hits = [found.span() for found in re.finditer(re.escape(needle), whole, re.IGNORECASE)] if needle else []
    if not hits:
        return line
    made: Line = []
    place = 0
    for own, text in line:
        edges = sorted({0, len(text), *(min(max(edge - place, 0), len(text)) for hit in hits for edge in hit)})
        for first, last in itertools.pairwise(edges):
            inside = any(start <= place + first < end for start, end in hits)
            made.append((style if inside else own, text[first:last]))
        place += len(text)
    return made

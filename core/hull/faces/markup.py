"""Text from containers, images and registries in HTML: escaped, its control characters shown, its colours kept.

Source of the sequences: ECMA-48, SGR; xterm's 256 colours.
"""

import re
from html import escape

SEQUENCE = re.compile(
    r"\x1b\[([0-9;:]*)m"  # SGR: kept
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?|\x9b"  # the rest: dropped
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOURS = ("#3b3b3b", "#cf3f3f", "#2da44e", "#bf8700", "#3f83d0", "#a65fd0", "#1b9aaa", "#a0a0a0")
BRIGHT = ("#808080", "#ff6b6b", "#4ac26b", "#d4a72c", "#6cb6ff", "#dcbdfb", "#56d4dd", "#ffffff")
STYLES = {1: "font-weight:bold", 2: "opacity:.7", 3: "font-style:italic", 4: "text-decoration:underline"}
CUBE = (0, 95, 135, 175, 215, 255)


def text(value: object) -> str:
    """Return what is safe between tags and in a quoted attribute; control characters become their names."""
    return escape(CONTROL.sub(lambda m: repr(m[0])[1:-1], str(value)))


def ansi(value: str) -> str:
    """Return text with its colours as spans; every other sequence is dropped, what follows a CR replaces its line."""
    made: list[str] = []
    style: dict[str, str] = {}
    last = 0
    value = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in value.split("\n"))
    for found in SEQUENCE.finditer(value):
        made.append(_span(value[last : found.start()], style))
        last = found.end()
        if found[1] is not None:
            style = _changed(style, found[1])
    made.append(_span(value[last:], style))
    return "".join(made)


def _span(part: str, style: dict[str, str]) -> str:
    if not part or not style:
        return text(part)
    return f'<span style="{";".join(style.values())}">{text(part)}</span>'


def _changed(style: dict[str, str], words: str) -> dict[str, str]:
    """Return the style after one SGR sequence."""
    numbers = [int(word) if word.isdigit() else 0 for word in words.replace(":", ";").split(";")]
    style = dict(style)
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            style = {}
        elif number in STYLES:
            style[str(number)] = STYLES[number]
        elif number in (22, 23, 24):
            for gone in {22: ("1", "2"), 23: ("3",), 24: ("4",)}[number]:
                style.pop(gone, None)
        elif number in (38, 48):
            colour = _extended(numbers)
            if colour:
                style["fg" if number == 38 else "bg"] = _property(number == 38, colour)  # noqa: PLR2004
        elif number in (39, 49):
            style.pop("fg" if number == 39 else "bg", None)  # noqa: PLR2004
        else:
            style |= _plain(number)
    return style


def _plain(number: int) -> dict[str, str]:
    """Return what one of the sixteen colours sets; nothing for a number of another meaning."""
    for base, colours in ((30, COLOURS), (40, COLOURS), (90, BRIGHT), (100, BRIGHT)):
        if base <= number < base + 8:
            front = base in (30, 90)
            return {"fg" if front else "bg": _property(front, colours[number - base])}
    return {}


def _property(front: bool, colour: str) -> str:
    return f"{'color' if front else 'background'}:{colour}"


def _extended(numbers: list[int]) -> str:
    """Take the numbers of an extended colour: 5;N of 256, or 2;R;G;B."""
    kind = numbers.pop(0) if numbers else 0
    wanted = {5: 1, 2: 3}.get(kind, 0)
    taken, numbers[:] = [min(number, 255) for number in numbers[:wanted]], numbers[wanted:]
    if not wanted or len(taken) < wanted:
        return ""
    if kind == 5:  # noqa: PLR2004
        return _of_256(taken[0])
    return "#{:02x}{:02x}{:02x}".format(*taken)


def _of_256(number: int) -> str:
    if number < 16:  # noqa: PLR2004
        return (COLOURS + BRIGHT)[number]
    if number >= 232:  # noqa: PLR2004
        return "#{0:02x}{0:02x}{0:02x}".format(8 + 10 * (number - 232))
    number -= 16
    return f"#{CUBE[number // 36]:02x}{CUBE[number // 6 % 6]:02x}{CUBE[number % 6]:02x}"

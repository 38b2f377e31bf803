"""The last lines and the help page."""

from hull.ui import keys, text
from hull.ui.state import Spoken

CURSOR = ("class:cursor", " ")
KEYS_WIDTH = 20
BUSY = 3  # things that are named while they are done
MOST = 3  # lines of a message
HALF = 90  # cells that a key and what it does need


def foot(state: Spoken, width: int) -> list[text.Line]:
    """Return what is asked, typed, told, done or hinted at; the first that there is. A long failure has some lines."""
    more = state.glyphs.more
    if state.question:
        words = text.cut(text.plain(state.question.text), max(0, width - 14), more)
        line = [("", f" {words} "), ("bold", "y"), ("", " yes, "), ("bold", "n"), ("", " no")]
        return [text.padded(line, width, "class:question")]
    if state.prompt:
        words = text.plain(state.prompt.text)
        return [[("class:prompt", f" {state.prompt.kind} "), ("", f" {words[-max(1, width - 12) :]}"), CURSOR]]
    message = state.spoken()
    if message:
        rows = text.wrapped([("", text.plain(message.text))], max(1, width - 2))[:MOST]
        return [text.padded([("", " "), *row], width, message.style) for row in rows]
    if state.busy:
        words = ", ".join(list(state.busy.values())[:BUSY])
        return [[("class:busy", f" {text.cut(text.plain(words), width - 2, more)}")]]
    return [_hints(state, width)]


def _hints(state: Spoken, width: int) -> text.Line:
    line: text.Line = []
    taken = 1
    entries = keys.hints(state.pane, inside=state.inside, table=state.keys)
    entries = [*entries[-2:], *entries[:-2]]  # help and quit stay where the room ends
    for key, word in entries:
        taken += len(key) + len(word) + 3
        if taken > width:
            break
        line += [("", " "), ("class:hint", key), ("class:dim", f" {word} ")]
    return line


def help_page(state: Spoken, width: int, height: int) -> list[text.Line]:
    """Return the keys, scrolled; in two columns where both fit."""
    entries = [
        [("class:hint", f" {name:<{KEYS_WIDTH}} "), ("", what)] for name, what in keys.page(state.keys, state.within)
    ]
    entries = [line for line in entries if line]
    if width >= 2 * HALF:
        half = (len(entries) + 1) // 2
        rest = [*entries[half:], *([[]] * (half * 2 - len(entries)))]
        entries = [[*text.padded(a, width // 2), *b] for a, b in zip(entries[:half], rest, strict=True)]
    state.help_top = max(0, min(state.help_top, len(entries) - height + 2))
    head = [("class:header", " what the keys do; any other key leaves this page")]
    return [text.padded(head, width, "class:header"), [], *entries[state.help_top : state.help_top + height - 2]]

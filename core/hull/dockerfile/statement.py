"""One instruction taken apart: its keyword, its flags, and the rest in the ways instructions read it."""

from hull.dockerfile.lines import SPACE, Line
from hull.dockerfile.model import Heredoc
from hull.dockerfile.place import DockerfileError, Place
from hull.light import NamedTuple

BLANK = "\t\v\f\r "


class Word(NamedTuple):
    """A word and where in the line it begins."""

    text: str
    offset: int


class Statement(NamedTuple):
    """An instruction before it is understood: it begins at `begin` of its line, `rest` after keyword and flags.

    `rest` begins at `offset`.
    """

    place: Place
    line: Line
    keyword: str
    flags: tuple[Word, ...]
    rest: str
    offset: int
    escape: str
    begin: int = 0
    heredocs: tuple[Heredoc, ...] = ()

    def error(self, message: str, hint: str = "", offset: int | None = None) -> DockerfileError:
        """Return the error that points at `offset`, without one at the first word after the flags."""
        line, column = self.line.where(self.offset if offset is None else offset)
        return self.place.error(message, hint, line=line, column=column)

    def inner(self) -> "Statement":
        """Return the statement that follows this one's keyword: ONBUILD's."""
        return take_apart(self.line, self.place, self.escape, self.offset)._replace(heredocs=self.heredocs)


def take_apart(line: Line, place: Place, escape: str, start: int = 0) -> Statement:
    """Return the statement that begins at `start` of the line."""
    text = line.text.rstrip(SPACE)
    stop = start
    while stop < len(text) and text[stop] not in BLANK:
        stop += 1
    flags, offset = _flags(text, stop, escape)
    rest = text[offset:].strip(SPACE)
    begin = text.find(rest, offset) if rest else min(offset, len(text))
    return Statement(place, line, text[start:stop].upper(), tuple(flags), rest, begin, escape, start)


def _flags(text: str, at: int, escape: str) -> tuple[list[Word], int]:
    """Return the words that begin with `--`, quotes and escapes taken off, and where they end; `--` alone ends them."""
    flags: list[Word] = []
    while True:
        while at < len(text) and text[at] in SPACE:
            at += 1
        if not text.startswith("--", at):
            return flags, at
        start = at
        word, at = _flag(text, at, escape)
        if word == "--":
            return flags, at
        flags.append(Word(word, start))


def _flag(text: str, at: int, escape: str) -> tuple[str, int]:
    word, quote = "", ""
    while at < len(text) and (quote or text[at] not in SPACE):
        letter = text[at]
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        elif letter == escape:
            at += 1
            word += text[at : at + 1]
        else:
            word += letter
        at += 1
    return word, min(at, len(text))


def blank_words(statement: Statement) -> list[Word]:
    """Return the words between spaces; quotes mean nothing yet."""
    words, text, at = [], statement.rest, 0
    while at < len(text):
        stop = at
        while stop < len(text) and text[stop] not in BLANK:
            stop += 1
        if stop > at:
            words.append(Word(text[at:stop], statement.offset + at))
        at = stop + 1
    return words


def quoted_words(statement: Statement) -> list[Word]:
    """Return the words, spaces in quotes and after an escape kept; quotes and escapes still stand in them."""
    words, text, at = [], statement.rest, 0
    while at < len(text):
        if text[at] in SPACE:
            at += 1
            continue
        stop = _word_end(text, at, statement.escape)
        words.append(Word(text[at:stop].removesuffix(statement.escape if stop == len(text) else ""), at))
        at = stop
    return [Word(word.text, statement.offset + word.offset) for word in words if word.text]


def _word_end(text: str, at: int, escape: str) -> int:
    quote = ""
    while at < len(text) and (quote or text[at] not in SPACE):
        letter = text[at]
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        at += 2 if letter == escape and quote != "'" else 1
    return min(at, len(text))


def json_words(statement: Statement) -> list[str] | None:
    """Return the strings of a JSON array, None where the rest is none; an array of anything else is an error."""
    import json

    if not statement.rest.startswith("["):
        return None
    try:
        found = json.loads(statement.rest, parse_constant=int)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(one, str) for one in found):
        raise statement.error(
            "the JSON form takes strings only", 'write it as ["word", "word"], without brackets for the shell form'
        )
    clean = ["".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in one) for one in found]
    if any("\0" in one for one in clean):
        raise statement.error("a word holds a NUL, which no program can be given", "take \\u0000 out")
    return clean

"""A template's text becomes tokens: pieces of text, and the words of each action."""

import re
from collections.abc import Iterator

from hull.errors import UserError
from hull.light import NamedTuple

OPEN = re.compile(r"\{\{(?:-(?=\s))?")
COMMENT = re.compile(r"\s*/\*.*?\*/\s*(-?)\}\}", re.DOTALL)
WORD = re.compile(
    r"""(?P<space>\s+)
    |(?P<close>-?\}\})
    |(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)
    |(?P<char>'(?:\\.[^']*|[^'\\])')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.]))
    |(?P<field>\.[^\W\d]\w*)
    |(?P<variable>\$\w*)
    |(?P<name>[^\W\d]\w*)
    |(?P<mark>:=|[=|(),.])""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One word: its kind, its text, where it begins, and whether white space stands before it."""

    kind: str
    text: str
    at: int
    apart: bool = False


def refusal(source: str, at: int, reason: str) -> UserError:
    """Return the error of a template; the position is line:column, both from 1."""
    line, column = source.count("\n", 0, at) + 1, at - (source.rfind("\n", 0, at) + 1) + 1
    return UserError(
        f"cannot use the template {source!r}: {line}:{column}: {reason}",
        "--format takes Go templates, such as '{{.ID}}: {{json .}}'; --format json prints every field",
    )


def tokens(source: str) -> Iterator[Token]:
    """Return text and words in order; each action ends in a token `close`, the whole in `end`."""
    at, trim = 0, False
    while at < len(source):
        found = OPEN.search(source, at)
        stop = found.start() if found else len(source)
        text = source[at:stop].lstrip() if trim else source[at:stop]
        text = text.rstrip() if found and found[0].endswith("-") else text
        if text:
            yield Token("text", text, at)
        if found is None:
            break
        comment = COMMENT.match(source, found.end())
        if comment:
            at, trim = comment.end(), bool(comment[1])
            continue
        at = found.end()
        for token in _words(source, at):
            at = token.at + len(token.text)
            yield token
        trim = token.text.startswith("-")
    yield Token("end", "", len(source))


def _words(source: str, at: int) -> Iterator[Token]:
    start, apart = at - 2, False
    while at < len(source):
        found = WORD.match(source, at)
        if found is None:
            raise refusal(source, at, f"unexpected {source[at]!r} in an action")
        kind = found.lastgroup or ""
        if kind == "close" and found[0] == "-}}" and not apart:
            raise refusal(source, at, "unexpected '-': a trim marker has a space before it")
        at = found.end()
        if kind != "space":
            yield Token(kind, found[0], found.start(), apart)
        if kind == "close":
            return
        apart = kind == "space"
    raise refusal(source, max(start, 0), "unclosed action: '{{' without '}}'")

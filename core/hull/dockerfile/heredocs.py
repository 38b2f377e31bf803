"""Here-documents: which ones a line begins, and the files and scripts they become."""

import re

from hull.dockerfile.lines import Lines
from hull.dockerfile.model import Heredoc
from hull.dockerfile.place import Malformed
from hull.dockerfile.statement import Statement, json_words
from hull.dockerfile.variables import Manner, split

TAKERS = ("ADD", "COPY", "RUN")
FORM = re.compile(r"\d*<<(-?+)\s*([^<]+)", re.ASCII)
NOTHING: dict[str, str] = {}


def read(statement: Statement, lines: Lines) -> Statement:
    """Return the statement with the here-documents that follow it, read from the lines below."""
    taker = statement.inner() if statement.keyword == "ONBUILD" else statement
    if taker.keyword not in TAKERS or "<<" not in taker.rest or json_words(taker) is not None:
        return statement
    found = []
    for begun in begun_by(statement):
        content, first = lines.heredoc(begun.name, statement.line, strip=begun.strip)
        found.append(begun._replace(content=content, line=first))
    return statement._replace(heredocs=tuple(found), place=lines.place(statement.line))


def begun_by(statement: Statement) -> list[Heredoc]:
    """Return the here-documents that the line names, without content."""
    try:
        words = split(statement.line.text, NOTHING, Manner(keep_quotes=True, keep_escapes=True, keep_unset=True))
    except Malformed:
        return []
    return [found for word in words if (found := parse(word))]


def parse(word: str) -> Heredoc | None:
    """Return the here-document a word begins, None if it begins none. A name with quotes is not expanded."""
    form = FORM.fullmatch(word)
    if form is None:
        return None
    try:
        bare = split(form[2], NOTHING, Manner(keep_unset=True))
        quoted = split(form[2], NOTHING, Manner(keep_unset=True, keep_quotes=True))
    except Malformed:
        return None
    if len(bare) != 1 or len(quoted) != 1:
        return None
    marks = [sum(text.count(mark) for mark in "'\"") for text in (bare[0], quoted[0])]
    return Heredoc(bare[0], "", expand=marks[0] == marks[1], strip=bool(form[1]))


def stripped(heredoc: Heredoc) -> str:
    """Return the content as it is meant: with `<<-` the tabs at the starts of lines are gone."""
    return re.sub(r"^\t+", "", heredoc.content, flags=re.MULTILINE) if heredoc.strip else heredoc.content

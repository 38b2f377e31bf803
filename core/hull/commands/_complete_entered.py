"""Tab on a line that a container will run, where a shell cannot be asked: what to put, what to list."""

import os

from hull.commands._complete import Candidate, Completer
from hull.commands._complete_place import Line
from hull.commands._complete_words import cut, quoted

ROWS = 200  # candidates that are listed
ENDS = ("|", "&&", "||", ";", "&")


def answer(words: tuple[str, ...], environ: dict[str, str]) -> list[str]:
    """Return the text up to the cursor as it shall be, then the lines of a list where there is a choice.

    The words are: the container, its working directory, the text up to the cursor, the columns of the terminal.
    """
    container, workdir, text, columns = (*words, *("",) * 4)[:4]
    line = cut(text)
    found = Completer().inside(container, Line(_command(line.before), line.last), workdir, environ)
    if not found:
        return [text]
    texts = [one.text for one in found]
    common = os.path.commonprefix(texts)  # noqa: RUF071 (of words, not of paths)
    if len(found) == 1:
        end = "" if found[0].goes_on else f"{line.quote} "
        return [f"{text[: line.start]}{quoted(common, line.quote)}{end}"]
    longer = len(common) > len(line.last)
    put = f"{text[: line.start]}{quoted(common, line.quote)}" if longer else text
    return [put] if longer else [put, *_columns(found[:ROWS], int(columns) if columns.isdigit() else 80)]


def _command(before: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the command that the cursor is in."""
    ends = [at for at, word in enumerate(before) if word in ENDS or word.endswith(";")]
    return before[ends[-1] + 1 :] if ends else before


def _columns(found: list[Candidate], columns: int) -> list[str]:
    """Lay out the last parts of the candidates, top to bottom, as ls does."""
    names = [one.text.rstrip("/").rpartition("/")[2] + ("/" if one.text.endswith("/") else "") for one in found]
    width = max(map(len, names)) + 2
    across = max(columns // width, 1)
    rows = -(-len(names) // across)
    return ["".join(name.ljust(width) for name in names[row::rows]).rstrip() for row in range(rows)]

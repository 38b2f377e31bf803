"""Cut an unfinished line into words as a POSIX shell does, and write a word so that it reads back."""

from hull.light import NamedTuple


class Cut(NamedTuple):
    """The words before the last, the last one as it reads, where it begins in the line, and its open quote or ""."""

    before: tuple[str, ...]
    last: str
    start: int
    quote: str


def cut(line: str) -> Cut:
    """Return the words of a line up to the cursor; the last one is "" after a space."""
    words: list[str] = []
    word: list[str] = []
    start, quote, escaped, open_ = 0, "", False, False
    for at, char in enumerate(line):
        if escaped:
            keeps = quote == '"' and char not in '"\\$`'
            word.append(f"\\{char}" if keeps else char)
            escaped = False
        elif char == "\\" and quote != "'":
            start, open_, escaped = start if open_ else at, True, True
        elif quote:
            quote, word = ("", word) if char == quote else (quote, [*word, char])
        elif char in " \t\n":
            if open_:
                words.append("".join(word))
            word, open_ = [], False
        else:
            start, open_ = start if open_ else at, True
            if char in "'\"":
                quote = char
            else:
                word.append(char)
    return Cut(tuple(words), "".join(word), start if open_ else len(line), quote)


PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,~^")


def quoted(word: str, quote: str = "") -> str:
    """Return a word as it is typed, within `quote` where one is open already; no quote is closed that goes on."""
    if not quote:
        return "".join(char if char in PLAIN or ord(char) > 127 else f"\\{char}" for char in word)  # noqa: PLR2004 (ASCII)
    hidden = '"\\$`' if quote == '"' else ""
    return quote + "".join(f"\\{char}" if char in hidden else char for char in word)

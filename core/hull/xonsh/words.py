"""A word of a command as it was typed, so that the place where the command runs can say what it means.

xonsh expands ~, $NAME and * before it knows what a command is. Inside a container they are the container's; so while
one is entered a word carries how it was typed, and its text is what it means on this machine.
"""

import re
from collections.abc import Callable

from hull.light import Any

VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


class Word(str):
    """A word with `raw`, how it was typed; `search` finds the files of this machine that it matches, None: no pattern.

    `glob` is whether the pattern is one that can be looked for inside.
    """

    __slots__ = ("glob", "raw", "search")
    raw: str
    glob: bool
    search: Callable[[str], list[str]] | None

    def __new__(  # noqa: D102, PYI034 (the class says it; Self is typing's)
        cls, text: str, raw: str, *, glob: bool = False, search: Callable[[str], list[str]] | None = None
    ) -> "Word":
        made = super().__new__(cls, text)
        made.raw, made.glob, made.search = raw, glob, search
        return made


class Expanding:
    """What replaces xonsh's own expansion while `inside` says that a container is entered; `close` gives it back."""

    def __init__(self, shell: Any, inside: Callable[[], bool]) -> None:
        self._shell = shell
        self._inside = inside
        self._own = {name: getattr(shell, name) for name in ("expand_path", "glob", "pathsearch")}
        for name in self._own:
            setattr(shell, name, getattr(self, name))

    def close(self) -> None:
        """Give xonsh its own back."""
        for name, own in self._own.items():
            setattr(self._shell, name, own)

    def expand_path(self, text: Any, *more: Any, **named: Any) -> Any:
        """Expand a word that is no pattern."""
        here = self._own["expand_path"](text, *more, **named)
        if not (isinstance(text, str) and self._inside()) or not ("$" in text or "~" in text):
            return here
        return Word(here, str(text))

    def glob(self, text: str, *more: Any, **named: Any) -> Any:
        """Keep a pattern for whoever runs the command."""
        if not self._inside():
            return self._own["glob"](text, *more, **named)
        return [Word(text, text, glob=True, search=self._own["glob"])]

    def pathsearch(self, find: Any, text: str, pymode: bool = False, pathobj: bool = False) -> Any:
        """Keep a search in backquotes for whoever runs the command; Python's own are this machine's."""
        if pymode or not self._inside():
            return self._own["pathsearch"](find, text, pymode, pathobj)

        def here(raw: str) -> list[str]:
            return list(self._own["pathsearch"](find, raw))

        return [Word(text, text, glob=find is self._shell.globsearch, search=here)]


def on_host(word: Any) -> list[Any]:
    """Return what a word means on this machine."""
    if not isinstance(word, Word):
        return [word]
    return [str(word)] if word.search is None else list(word.search(word.raw))


def expand(raw: str, variable: Callable[[str], str | None], home: str) -> str:
    """Return a word with its variables and its ~ as they are inside; what is not known stays."""

    def value(found: re.Match[str]) -> str:
        known = variable(found[1] or found[2])
        return found[0] if known is None else known

    text = VARIABLE.sub(value, raw)
    name, equals, rest = text.partition("=")
    if not equals:
        return _tilde(text, home)
    return f"{_tilde(name, home)}={':'.join(_tilde(part, home) for part in rest.split(':'))}"


def _tilde(text: str, home: str) -> str:
    return home + text[1:] if home and (text == "~" or text.startswith("~/")) else text

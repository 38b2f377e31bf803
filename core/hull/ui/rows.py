"""A list on the screen: rows that come and go, one of them chosen, some of them shown."""

from collections.abc import Iterator
from typing import Any

from hull.ui.panes import Pane

IDS = (12, 64)  # how many digits an id has: hidden in a row, or not
HEX = frozenset("0123456789abcdef")


class Rows:
    """The rows of a pane. The chosen row is known by its key, so that it stays chosen while rows come and go."""

    def __init__(self, pane: Pane) -> None:
        self.pane = pane
        self.loaded = False
        self.filter = ""
        self.top = 0
        self._all: list[Any] = []
        self._shown: list[Any] = []
        self._key = ""
        self._place = 0

    @property
    def shown(self) -> list[Any]:
        """The rows that the filter leaves."""
        return self._shown

    @property
    def place(self) -> int:
        """Where the chosen row is among those that are shown."""
        return self._place

    @property
    def total(self) -> int:
        """How many rows there are, whatever the filter."""
        return len(self._all)

    def put(self, rows: list[Any]) -> None:
        """Take new rows; the chosen one stays chosen, or the one that took its place."""
        self.loaded = True
        self._all = rows
        self.narrow(self.filter)

    def narrow(self, words: str) -> None:
        """Show only rows in which every word occurs, whatever its case; `!word` is one that does not."""
        self.filter = words
        wanted = words.lower().split()
        self._shown = [row for row in self._all if matches(_text(row, wanted), wanted)] if wanted else self._all
        keys = [self.pane.key(row) for row in self._shown]
        known = self._key in keys and not (self.pane.flows and self._place == 0)
        self._place = keys.index(self._key) if known else max(0, min(self._place, len(keys) - 1))
        self._key = keys[self._place] if keys else self._key

    def chosen(self) -> Any:
        """Return the chosen row, None where there is none."""
        return self._shown[self._place] if self._shown else None

    def choose(self, place: int) -> None:
        """Choose the row at a place, the nearest where there is none."""
        if self._shown:
            self._place = max(0, min(place, len(self._shown) - 1))
            self._key = self.pane.key(self._shown[self._place])

    def await_(self, key: str) -> None:
        """Choose the row of this key as soon as it is there."""
        self._key = key

    def window(self, height: int) -> list[Any]:
        """Return the rows that a height shows, scrolled so that the chosen one is among them."""
        self.top = max(min(self.top, self._place), self._place - height + 1, 0)
        self.top = max(0, min(self.top, len(self._shown) - height))
        return self._shown[self.top : self.top + height]


def matches(text: str, wanted: list[str]) -> bool:
    """Whether every word occurs in a text, all in lower case; `!word` is one that does not."""
    return all((word[1:] not in text) if word[0] == "!" and word[1:] else word in text for word in wanted)


def _text(row: Any, wanted: list[str]) -> str:
    """Return what the words of a filter are looked for in; an id counts where one of them is its beginning."""
    starts = tuple(word.removeprefix("!") for word in wanted)
    words = (word.lower() for word in _words(row))
    return " ".join(word for word in words if not _is_id(word) or word.removeprefix("sha256:").startswith(starts))


def _is_id(word: str) -> bool:
    digits = word.removeprefix("sha256:")
    return len(digits) in IDS and HEX.issuperset(digits)


def _words(value: Any) -> Iterator[str]:
    """Yield the texts of a row: names, images, ports, labels; no number, because times would match."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_words(inner))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _words(inner)

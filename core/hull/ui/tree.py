"""A JSON document as a tree whose branches fold."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hull.ui.glyphs import Glyphs
from hull.ui.text import Line, plain

STYLES = {str: "class:string", bool: "class:keyword", int: "class:number", float: "class:number"}


class Branch(NamedTuple):
    """One line of the tree. `path` identifies it; `folded` is None for what has nothing inside."""

    path: tuple[str, ...]
    key: str
    value: Any
    folded: bool | None


class Tree:
    """A document, the branches that are open, the line that is chosen; `raw` shows its JSON in place of the tree."""

    def __init__(self, document: Any = None) -> None:
        self.place = 0
        self.top = 0
        self.raw = False
        self._open: set[tuple[str, ...]] = set()
        self.put(document)

    def put(self, document: Any) -> None:
        """Show a newer document; what is open and chosen stays."""
        self.document = document
        self._json = json.dumps(document, indent=2, ensure_ascii=False, default=str).splitlines()
        self._renew()

    def _renew(self) -> None:
        self.branches = list(self._walk((), self.document))
        self.place = max(0, min(self.place, len(self) - 1))

    def _walk(self, path: tuple[str, ...], value: Any) -> Iterator[Branch]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            inside = (*path, str(key))
            nested = isinstance(inner, dict | list) and bool(inner)
            yield Branch(inside, str(key), inner, (inside not in self._open) if nested else None)
            if nested and inside in self._open:
                yield from self._walk(inside, inner)

    def __len__(self) -> int:
        return len(self._json if self.raw else self.branches)

    def move(self, lines: int) -> None:
        """Choose another line."""
        self.place = max(0, min(self.place + lines, len(self) - 1))

    def toggle(self) -> None:
        """Open or fold the chosen branch."""
        if not self.raw and self.branches and self.branches[self.place].folded is not None:
            self._open ^= {self.branches[self.place].path}
            self._renew()

    def unfold(self) -> None:
        """Open everything, or fold everything where all is open."""
        paths = set(_paths((), self.document))
        self._open = set() if paths <= self._open else paths
        self._renew()

    def flip(self) -> None:
        """Change between the tree and its JSON."""
        self.raw = not self.raw
        self.place = self.top = 0

    def find(self, needle: str, step: int = 1) -> bool:
        """Go to the next line that holds `needle`; everything is searched, folded or not."""
        if not self.raw:
            self._open = set(_paths((), self.document))
            self._renew()
        lines = self._json if self.raw else [f"{b.key}: {b.value if b.folded is None else ''}" for b in self.branches]
        for distance in range(1, len(lines) + 1):
            place = (self.place + step * distance) % len(lines)
            if needle.lower() in lines[place].lower():
                self.place = place
                return True
        return False

    def view(self, height: int, glyphs: Glyphs) -> list[tuple[bool, Line]]:
        """Return the lines that a height shows, and of each whether it is chosen."""
        self.top = max(min(self.top, self.place), self.place - height + 1, 0)
        span = range(self.top, min(self.top + height, len(self)))
        return [(place == self.place, self._line(place, glyphs)) for place in span]

    def _line(self, place: int, glyphs: Glyphs) -> Line:
        if self.raw:
            return [("", plain(self._json[place]))]
        branch = self.branches[place]
        mark = " " if branch.folded is None else glyphs.folded if branch.folded else glyphs.unfolded
        line = [("class:dim", f"{'  ' * (len(branch.path) - 1)}{mark} "), ("class:key", f"{plain(branch.key)}: ")]
        if branch.folded is False:
            return line
        shown = json.dumps(branch.value, ensure_ascii=False, default=str)
        return [
            *line,
            ("class:dim" if branch.folded else STYLES.get(type(branch.value), "class:keyword"), plain(shown)),
        ]


def _paths(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(inner, dict | list) and inner:
            yield (*path, str(key))
            yield from _paths((*path, str(key)), inner)

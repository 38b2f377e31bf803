"""What the picker shows of one change: facts, then the difference of texts, or the first bytes of what is none."""

import stat
import time
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from hull.ui.text import Line, plain
from hull.units import size

MARKS = {"added": "A", "changed": "M", "removed": "D"}
STYLES = {"A": "class:good", "M": "class:busy", "D": "class:bad", "R": "class:about"}
DIFF = {" ": "", "-": "class:bad", "+": "class:good"}
HEX_BYTES = 512
PER_LINE = 16
NO_END = "\\ No newline at end of file"
LONGEST = 2000  # characters of a line


class Row(NamedTuple):
    """One line; `hunk` is the part that it belongs to, -1 for none; `head` whether a part begins with it."""

    line: Line
    hunk: int = -1
    head: bool = False


class Unread(NamedTuple):
    """What is shown of a change whose texts could not be had."""

    note: str
    parts: None = None
    sample: bytes = b""
    divisible: bool = False


def mark(change: Any) -> str:
    """Return the letter of a change: added, modified, deleted, renamed."""
    return "R" if change.renamed else MARKS[change.kind]


class Detail:
    """One change with its texts. `divisible` is whether parts of it can be chosen."""

    def __init__(self, change: Any, texts: Any) -> None:
        self._change, self._texts = change, texts
        self._parts = texts.parts
        self.divisible = bool(texts.divisible)
        self.hunks: list[tuple[int, ...]] = [] if self._parts is None else self._parts.hunks()
        self._rows: list[Row] | None = None

    def applied(self, blocks: Collection[int]) -> bytes:
        """Return the text that some blocks make of the old one."""
        made: bytes = self._parts.applied(blocks)
        return made

    def split(self, number: int) -> bool:
        """Show each block of a part by itself; tell whether it had several."""
        here = self.hunks[number]
        self.hunks[number : number + 1] = [(one,) for one in here]
        self._rows = None
        return len(here) > 1

    def rows(self) -> list[Row]:
        """Return all lines."""
        if self._rows is None:
            self._rows = [*(Row(line) for line in facts(self._change, self._texts.note)), *self._body()]
        return self._rows

    def _body(self) -> Iterator[Row]:
        if self._parts is None:
            yield from (Row(line) for line in _hex(self._texts.sample))
            return
        for number, hunk in enumerate(self.hunks):
            yield Row([("class:about", self._parts.head(hunk))], number, head=True)
            for one in self._parts.shown(hunk):
                style = DIFF[one.mark]
                words = plain(one.text.rstrip(b"\n").decode(errors="replace")[:LONGEST])
                yield Row([(style, f"{one.mark}{words}")], number)
                if not one.text.endswith(b"\n"):
                    yield Row([("class:dim", NO_END)], number)


def facts(change: Any, note: str = "") -> Iterator[Line]:
    """Yield what is to be known beside the content: kind, size, mode, owner, times, links, names."""
    old, new = change.old, change.new
    letter = mark(change)
    yield [(STYLES[letter], f"{letter} "), ("class:name", plain(change.path))]
    if change.renamed:
        yield _fact("was", change.renamed)
    yield from _both("kind", *(entry and _kind(entry) for entry in (old, new)))
    if new is None or new.kind == "file" or (old is not None and old.kind == "file"):
        yield from _both("size", *(entry and size(entry.size) for entry in (old, new)))
    yield from _both("mode", *(entry and f"{entry.mode:04o} {stat.filemode(entry.mode)[1:]}" for entry in (old, new)))
    yield from _both("owner", *(entry and f"{entry.uid}:{entry.gid}" for entry in (old, new)))
    yield from _both("leads to", *(entry and entry.target for entry in (old, new)))
    if "xattr" in change.what:
        yield from _both("attributes", *(entry and ", ".join(name for name, _ in entry.xattrs) for entry in (old, new)))
    if change.what == ("time",):
        yield from _both("time", *(entry and _moment(entry.mtime) for entry in (old, new)))
    if change.same:
        yield _fact("same file", ", ".join(change.same))
    if note:
        yield _fact("note", note)
    yield []


def _kind(entry: Any) -> str:
    return f"{entry.kind} {entry.device >> 8}:{entry.device & 255}" if entry.kind in ("char", "block") else entry.kind


def _moment(when: int) -> str:
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(when // 10**9))}.{when % 10**9:09}"


def _both(name: str, old: str | None, new: str | None) -> Iterator[Line]:
    """Yield one fact: what it is, or what it was and became."""
    if old and new and old != new:
        yield _fact(name, f"{old} -> {new}", "class:busy")
    elif old or new:
        yield _fact(name, str(new or old))


def _fact(name: str, words: str, style: str = "") -> Line:
    return [("class:dim", f"  {name:<10} "), (style, plain(words))]


def _hex(data: bytes) -> Iterator[Line]:
    for place in range(0, min(len(data), HEX_BYTES), PER_LINE):
        part = data[place : place + PER_LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)  # noqa: PLR2004 (printable ASCII)
        yield [("class:dim", f"{place:08x}  "), ("", f"{part.hex(' '):<{PER_LINE * 3}} "), ("class:dim", shown)]

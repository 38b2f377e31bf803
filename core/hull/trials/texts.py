"""Unified diffs as git writes them, for git apply and patch -p1: modes, renames, links, texts of any encoding.

What such a patch cannot say (binaries, directories, owners, attributes, times of what is the same) stands in lines that
begin with `# `, which both programs pass over. Names are quoted as git quotes them. Source: git-diff(1).
"""

import os
from collections.abc import Iterable, Iterator

from hull.light import Protocol
from hull.tables import harmless
from hull.trials import hunks
from hull.trials.changes import ADDED, CHANGED, CONTENT, MODE, REMOVED, TIME, TYPE, Change, Entry
from hull.units import size

_PLAIN = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_STYLES = {b"@": b"36", b"+": b"32", b"-": b"31", b"\\": b"2"}
NO_END = b"\\ No newline at end of file\n"


class Contents(Protocol):
    """Reads both sides; -1 is no regular file."""

    def old(self, change: Change, most: int) -> tuple[int, bytes]:
        """Read the old one."""

    def new(self, change: Change, most: int) -> tuple[int, bytes]:
        """Read the new one."""


def patch(changes: Iterable[Change], contents: Contents) -> Iterator[bytes]:
    """Yield the patch, some lines at a time. Of a rename the removed side is told by the added one."""
    changes = list(changes)
    moved = {change.renamed for change in changes if change.renamed}
    for change in changes:
        told = change.kind == REMOVED and change.path in moved
        noise = change.what == (TIME,) and change.new is not None and change.new.kind == "directory"
        if not told and not noise:
            yield from _one(change, contents)


def _one(change: Change, contents: Contents) -> Iterator[bytes]:
    if TYPE in change.what:
        yield from _one(change._replace(kind=REMOVED, new=None, what=()), contents)
        yield from _one(change._replace(kind=ADDED, old=None, what=()), contents)
        return
    kinds = {entry.kind for entry in (change.old, change.new) if entry is not None}
    if not kinds <= {"file", "link"}:
        yield _remark(change)
        return
    told = {CONTENT, *([MODE] if _modes(change) else [])}
    if change.blind or not told >= set(change.what) - {TIME} or change.what == (TIME,):
        yield _remark(change)
    if change.blind or (change.kind == CHANGED and not told & set(change.what)):
        return
    old, new = _side(change, contents, older=True), _side(change, contents, older=False)
    if hunks.divisible(old, new):
        yield from _text(change, old or b"", new or b"")
    else:
        yield _binary(change)


def _side(change: Change, contents: Contents, *, older: bool) -> bytes | None:
    """Return one side's text; None where there is no such side. A text cut short is none that has parts."""
    entry = change.old if older else change.new
    if entry is None or change.renamed:
        return None
    if entry.kind == "link":
        return os.fsencode(entry.target)
    if change.what and CONTENT not in change.what:
        return b""
    found, data = (contents.old if older else contents.new)(change, hunks.LARGEST + 1)
    return None if found < 0 else data


def _text(change: Change, old: bytes, new: bytes) -> Iterator[bytes]:
    before, after = change.renamed or change.path, change.path
    head = [f"diff --git {quoted('a' + before)} {quoted('b' + after)}", *_modes(change)]
    if change.renamed:
        head += ["similarity index 100%", f"rename from {quoted(before[1:])}", f"rename to {quoted(after[1:])}"]
    if old != new:
        head.append(f"--- {'/dev/null' if change.old is None else _labelled('a' + before)}")
        head.append(f"+++ {'/dev/null' if change.new is None else _labelled('b' + after)}")
    yield b"".join(os.fsencode(f"{line}\n") for line in head)
    if old != new:
        parts = hunks.Parts(old, new)
        for hunk in parts.hunks():
            yield b"".join([parts.head(hunk).encode(), b"\n", *map(_line, parts.shown(hunk))])


def _line(line: hunks.Line) -> bytes:
    return line.mark.encode() + line.text + (b"" if line.text.endswith(b"\n") else b"\n" + NO_END)


def _modes(change: Change) -> list[str]:
    if change.renamed:
        return []
    if change.old is None:
        return [f"new file mode {_mode(change.new)}"]
    if change.new is None:
        return [f"deleted file mode {_mode(change.old)}"]
    old, new = _mode(change.old), _mode(change.new)
    return [] if old == new else [f"old mode {old}", f"new mode {new}"]


def _mode(entry: Entry | None) -> str:
    """Return a mode as git knows them: executable or not, or a link."""
    if entry is None or entry.kind == "link":
        return "120000"
    return "100755" if entry.mode & 0o100 else "100644"


def _labelled(path: str) -> str:
    """Return a name after --- and +++: a tab ends one with a blank in it."""
    name = quoted(path)
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def _binary(change: Change) -> bytes:
    old, new = change.old, change.new
    sizes = f"{size(old.size) if old else 'nothing'} → {size(new.size) if new else 'nothing'}"
    names = [
        "/dev/null" if side is None else quoted(f"{letter}{change.path}") for letter, side in (("a", old), ("b", new))
    ]
    return os.fsencode(f"# Binary files {names[0]} and {names[1]} differ ({sizes})\n")


def _remark(change: Change) -> bytes:
    return os.fsencode(f"# {quoted(change.path)}: {described(change)}\n")


def painted(piece: bytes) -> bytes:
    """Return a piece of a patch in colours: a head, a remark or a hunk."""
    style = b"" if piece.startswith(b"@@") else b"2" if piece.startswith(b"# ") else b"1"
    lines = piece.removesuffix(b"\n").split(b"\n")
    return b"".join(_painted(line, style or _STYLES.get(line[:1], b"")) for line in lines)


def visible(piece: bytes) -> bytes:
    """Return a piece of a patch that a terminal does not obey: what ran in a try wrote it. No patch any more then."""
    lines = piece.decode(errors="surrogateescape").split("\n")
    return os.fsencode("\n".join(map(harmless, lines)))


def _painted(line: bytes, style: bytes) -> bytes:
    return b"\033[%sm%s\033[m\n" % (style, line) if style else line + b"\n"


def described(change: Change) -> str:
    """Return in words what happened to one path."""
    old, new = change.old, change.new
    if change.renamed:
        return f"{new.kind if new else 'file'} was {quoted(change.renamed)}"
    if old is None or new is None:
        entry = new or old
        said = f"{entry.kind if entry else 'file'} {change.kind}"
        return f"{said}, mode {new.mode:o}, owner {new.uid}:{new.gid}" if new else said
    words = {
        "content": f"content, now {size(new.size)}"
        if change.blind
        else f"content, {size(old.size)} → {size(new.size)}",
        "mode": f"mode {old.mode:o} → {new.mode:o}",
        "owner": f"owner {old.uid}:{old.gid} → {new.uid}:{new.gid}",
        "xattr": f"attributes {_keys(old, new)}",
        "time": "time",
        "type": f"{old.kind} → {new.kind}",
    }
    if old.kind == "link":
        words["content"] = f"leads to {quoted(new.target)}, not {quoted(old.target)}"
    implied = {TIME} if {CONTENT, TYPE} & set(change.what) else set[str]()
    blind = ["the old one is not yours to read"] if change.blind else []
    return "; ".join([*(words[word] for word in change.what if word not in implied), *blind])


def _keys(old: Entry, new: Entry) -> str:
    differ = sorted({key for key, _ in set(old.xattrs) ^ set(new.xattrs)})
    return ", ".join(quoted(key) for key in differ)


def quoted(name: str) -> str:
    """Return a name as it is where every character can be shown, else as git quotes it."""
    if name.isprintable() and '"' not in name and "\\" not in name:
        return name
    made = []
    for character in name:
        is_byte = "\udc80" <= character <= "\udcff"
        codes = os.fsencode(character) if is_byte else character.encode("utf-8", "surrogatepass")
        if len(codes) == 1:
            code = codes[0]
            made.append(_PLAIN.get(code) or (character if 32 <= code < 127 else f"\\{code:03o}"))  # noqa: PLR2004 (ASCII)
        elif character.isprintable():
            made.append(character)
        else:
            made += [f"\\{code:03o}" for code in codes]
    return f'"{"".join(made)}"'

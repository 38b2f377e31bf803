"""What stands between `${` and `}`."""

from hull.dockerfile import patterns
from hull.dockerfile.place import Malformed
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.dockerfile.variables import Reader

MODIFIERS = "+-?#%"


def value(reader: "Reader") -> str:
    """Return what `${…}` stands for; `reader` stands at the `{` and is left behind the `}`."""
    reader.take()
    if not reader.peek():
        raise Malformed("syntax error: missing '}' in ${}")
    name = "" if reader.peek() in "{}:" else reader.name()
    if not name:
        raise Malformed("syntax error: bad substitution: no name after ${")
    mark = reader.take()
    if mark == "}":
        return f"${{{name}}}" if _kept(reader, name) else reader.variables.get(name, "")
    if mark == "/":
        return _replaced(reader, name)
    strict = mark == ":"
    kind = reader.take() if strict else mark
    if kind not in tuple(MODIFIERS) or (strict and kind in "#%"):
        what = f"unsupported modifier ({mark + kind if strict else mark})" if kind else "syntax error: missing '}'"
        raise Malformed(f"{what} in ${{{name}…}}")
    word = _until(reader, "}", raw=kind in "#%")
    if _kept(reader, name):
        return f"${{{name}{':' if strict else ''}{kind}{word}}}"
    return _trimmed(reader, name, kind, word) if kind in "#%" else _chosen(reader, name, kind, word, strict=strict)


def _kept(reader: "Reader", name: str) -> bool:
    return reader.manner.keep_unset and reader.unset(name)


def _until(reader: "Reader", stop: str, *, raw: bool) -> str:
    """Return the expanded text up to `stop`; `raw` leaves escapes standing, a pattern reads them itself."""
    before, reader.keep_escapes = reader.keep_escapes, raw or reader.manner.keep_escapes
    text, _ = reader.until(stop)
    reader.keep_escapes = before
    return text


def _chosen(reader: "Reader", name: str, kind: str, word: str, *, strict: bool) -> str:
    known = reader.variables.get(name, "")
    missing = reader.unset(name) or (strict and not known)
    if kind == "+":
        return "" if missing else word
    if missing and kind == "?":
        raise Malformed(f"{name}: {word or 'is not allowed to be ' + ('unset' if reader.unset(name) else 'empty')}")
    return word if missing else known


def _trimmed(reader: "Reader", name: str, kind: str, word: str) -> str:
    greedy = word.startswith(kind)
    trim = patterns.without_prefix if kind == "#" else patterns.without_suffix
    return trim(reader.variables.get(name, ""), word[greedy:], greedy=greedy)


def _replaced(reader: "Reader", name: str) -> str:
    every = reader.peek() == "/"
    reader.at += every
    pattern, replacement = _until(reader, "/", raw=True), _until(reader, "}", raw=True)
    if _kept(reader, name):
        return f"${{{name}/{pattern}/{replacement}}}"
    return patterns.replaced(reader.variables.get(name, ""), pattern, replacement, every=every)

"""`RUN --mount=type=…`: read once as it stands, and again when variables have values."""

import csv
from collections.abc import Callable

from hull.dockerfile.model import RunMount
from hull.dockerfile.place import Malformed
from hull.light import Any
from hull.units import read_size

KINDS = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARINGS = ("shared", "private", "locked")
ALIASES = {
    "src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite", "from": "origin",
}  # fmt: skip
BOOLEANS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
ONLY = {
    "sharing": ("cache",), "size": ("tmpfs",), "required": ("secret", "ssh"), "env": ("secret",),
    "mode": ("cache", "secret", "ssh"), "uid": ("cache", "secret", "ssh"), "gid": ("cache", "secret", "ssh"),
    "origin": ("bind", "cache"), "source": ("bind", "cache", "secret"), "id": ("cache", "secret", "ssh"),
}  # fmt: skip
HIGHEST = 1 << 32
LARGEST = 1 << 62


def read(raw: str, expand: Callable[[str], str] | None = None) -> RunMount:
    """Return the mount that the flag's value asks for.

    Without `expand`, values that hold a `$` are not looked at: they are read again when variables have values. `from`
    takes no variables, as Docker's does not: which stages a build needs is known before any is built.
    """
    values: dict[str, Any] = {}
    for key, word, field in _fields(raw):
        if expand is None and "$" in word:
            if key == "origin":
                raise Malformed("from= takes no variables: name a stage `FROM … AS name` and use that")
            continue
        values.update(_value(key, word if expand is None else expand(word), field))
    mount = RunMount(values.pop("kind", "bind"), raw)
    for key in values:
        if mount.kind not in ONLY.get(key, KINDS):
            raise Malformed(f"a {mount.kind} mount has no {'from' if key == 'origin' else key}")
    values.setdefault("readonly", mount.kind in {"bind", "secret", "ssh"})
    if mount.kind == "secret" and expand is not None and not any(values.get(key) for key in ("id", "source", "target")):
        raise Malformed("a secret mount needs an id or a target")
    return mount._replace(**values)


def _fields(raw: str) -> list[tuple[str, str, str]]:
    """Return (key, value, the field as written), the type first: what a key means depends on it."""
    if "\n" in raw or "\r" in raw:
        raise Malformed("a mount is one line")
    try:
        (parts,) = list(csv.reader([raw], strict=True)) or [[]]
    except csv.Error as error:
        raise Malformed(f"no comma-separated fields: {error}") from None
    made = []
    for part in parts:
        key, equals, word = part.partition("=")
        key = ALIASES.get(key.lower(), key.lower())
        if not equals and key not in {"readonly", "readwrite", "required"}:
            raise Malformed(f"{part!r} is no key=value")
        made.append((key, word if equals else "true", part))
    return sorted(made, key=lambda one: one[0] != "type")


def _value(key: str, word: str, field: str) -> dict[str, Any]:
    """Return the fields of a RunMount that one key sets."""
    if key in {"source", "target", "origin", "id", "env"}:
        return {key: word}
    if key == "type":
        return {"kind": _one_of(key, word.lower(), KINDS)}
    if key == "sharing":
        return {key: _one_of(key, word.lower(), SHARINGS)}
    if key in {"readonly", "readwrite", "required"}:
        if word.lower() not in BOOLEANS:
            raise Malformed(f"{key}={word} is neither true nor false")
        known = BOOLEANS[word.lower()]
        return {"readonly": not known} if key == "readwrite" else {key: known}
    if key in {"mode", "uid", "gid"}:
        return {key: _number(key, word, 8 if key == "mode" else 10)}
    if key == "size":
        return {key: _bytes(word)}
    known_keys = ", ".join(sorted({*ONLY, "type", "target", "readonly", "from"} - {"origin"}))
    raise Malformed(f"no such key in {field!r}; the keys are {known_keys}")


def _one_of(key: str, word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise Malformed(f"{key}={word} is not known: {', '.join(known)} are")
    return word


def _number(key: str, word: str, base: int) -> int:
    try:
        found = int(word, base) if word.isascii() and word.isdigit() else -1
    except ValueError:
        found = -1
    if not 0 <= found < HIGHEST:
        raise Malformed(f"{key}={word} is no {'octal mode' if base == 8 else 'number'}")  # noqa: PLR2004 (octal)
    return found


def _bytes(word: str) -> int:
    from hull.errors import HullError

    try:
        found = read_size(word)
    except (HullError, ValueError, OverflowError):
        found = -1
    if not 0 <= found < LARGEST:
        raise Malformed(f"size={word} is no size: write one like 64m or 1g")
    return found

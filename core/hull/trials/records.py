"""Changes as JSON's own types and back: between a child and who asked it, and as `hull diff --json` prints them."""

from hull.light import Any
from hull.trials.changes import Change, Entry
from hull.trials.walking_trees import Told


def encode(told: Told) -> list[Any]:
    """Return a change as a list; `decode` is the inverse."""
    change = told.change
    return [told.based, *change._replace(old=_listed(change.old), new=_listed(change.new))]  # type: ignore[arg-type]


def decode(values: list[Any]) -> Told:
    """Rebuild a change."""
    change = Change._make(values[1:])
    what, same = tuple(change.what), tuple(change.same)
    old, new = (None if side is None else _entry(side) for side in (change.old, change.new))  # type: ignore[arg-type]
    return Told(change._replace(what=what, same=same, old=old, new=new), values[0])


def document(change: Change) -> dict[str, Any]:
    """Return a change with names for everything: what `hull diff --json` prints. Attributes' values are base64."""
    sides = {"old": _named(change.old), "new": _named(change.new)}
    return {**change._asdict(), "what": list(change.what), "same": list(change.same), **sides}


def _named(entry: Entry | None) -> dict[str, Any] | None:
    from base64 import b64encode

    if entry is None:
        return None
    attributes = {key: b64encode(value).decode() for key, value in entry.xattrs}
    return {**entry._asdict(), "xattrs": attributes, "file": list(entry.file)}


def _listed(entry: Entry | None) -> list[Any] | None:
    if entry is None:
        return None
    return list(entry._replace(xattrs=[(key, value.decode("latin-1")) for key, value in entry.xattrs]))  # type: ignore[arg-type]


def _entry(values: list[Any]) -> Entry:
    entry = Entry._make(values)
    attributes = tuple((key, value.encode("latin-1")) for key, value in entry.xattrs)  # type: ignore[attr-defined]
    return entry._replace(xattrs=attributes, file=(entry.file[0], entry.file[1]))

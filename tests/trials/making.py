"""Changes and their contents made by hand, for what needs no file system."""

from hull.trials.changes import ADDED, CHANGED, REMOVED, Change, Entry


def entry(kind="file", **values):
    return Entry(
        **{
            "kind": kind,
            "mode": 0o755 if kind == "directory" else 0o644,
            "uid": 0,
            "gid": 0,
            "size": 0,
            "mtime": 0,
            **values,
        }
    )


def change(path, old=None, new=None, **values):
    kind = ADDED if old is None else REMOVED if new is None else CHANGED
    return Change(kind, path, old=old, new=new, layer="/upper" if new else "", **values)


class Contents:
    """Both sides of files, in memory."""

    def __init__(self, old=None, new=None):
        self._old, self._new = old or {}, new or {}

    def old(self, change, most):
        return self._side(self._old, change.path, most)

    def new(self, change, most):
        return self._side(self._new, change.path, most)

    def _side(self, side, path, most):
        data = side.get(path)
        return (-1, b"") if data is None else (len(data), data[:most])

    def old_at(self, path, size):
        data = self._old.get(path)
        return None if data is None or len(data) != size else b"#" + data

    def new_at(self, change):
        return b"#" + self._new[change.path]


def changes_of(old, new):
    """Return the changes between two sets of files, {path: bytes}, and their contents."""
    made = []
    for path in sorted({*old, *new}):
        before, after = (None if s.get(path) is None else entry(size=len(s[path])) for s in (old, new))
        if before is None or after is None:
            made.append(change(path, before, after))
        elif old[path] != new[path]:
            made.append(change(path, before, after, what=("content",)))
    return made, Contents(old, new)

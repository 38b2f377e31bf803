"""Which changes the caller could make on the machine themselves, and which need its root."""

import os
import stat
from collections.abc import Iterable

from hull.model import Identity
from hull.trials.changes import Change
from hull.trials.walking_ids import inside


class Rights:
    """What the caller may do with the host's files; each directory is asked once."""

    def __init__(self, identity: Identity) -> None:
        self._uid, self._own = os.geteuid(), inside(os.geteuid(), identity.uids)
        self._known: dict[str, bool] = {}

    def are_enough(self, change: Change) -> bool:
        """Whether the change needs nobody else."""
        if self._uid == 0:
            return True
        above = change.path.rpartition("/")[0] or "/"
        if change.new is not None and change.new.uid != self._own:
            return False
        if change.old is None or change.new is None:
            return self._may_write(above)
        return self._owns(change.path)

    def _may_write(self, path: str) -> bool:
        """Whether names in the directory, or in the nearest that is there, are the caller's to make and remove."""
        asked = []
        while path not in self._known:
            asked.append(path)
            answer = _open_to_caller(path)
            if answer is not None:
                self._known[path] = answer
                break
            path = path.rpartition("/")[0] or "/"
        for one in asked:
            self._known[one] = self._known[path]
        return self._known[path]

    def _owns(self, path: str) -> bool:
        try:
            return os.lstat(path).st_uid == self._uid
        except OSError:
            return False


def _open_to_caller(path: str) -> bool | None:
    """Whether the caller may change a directory; None where there is none."""
    try:
        found = os.lstat(path)
    except PermissionError:
        return False
    except OSError:  # too long a path, too: what a try made
        return None if path != "/" else False
    return stat.S_ISDIR(found.st_mode) and os.access(path, os.W_OK | os.X_OK, effective_ids=True)


def grouped(changes: Iterable[Change], identity: Identity) -> list[tuple[str, list[Change]]]:
    """Return the changes under a heading each: those that the caller could make, and those that need root."""
    rights = Rights(identity)
    mine: list[Change] = []
    others: list[Change] = []
    for change in changes:
        (mine if rights.are_enough(change) else others).append(change)
    title = "Yours" if others else ""
    return [(title, mine), ("Needs root on this machine", others)]

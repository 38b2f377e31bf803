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
        if path not in self._known:
            try:
                found = os.lstat(path)
                open_to = os.access(path, os.W_OK | os.X_OK, effective_ids=True)
                self._known[path] = stat.S_ISDIR(found.st_mode) and open_to
            except FileNotFoundError:
                self._known[path] = self._may_write(path.rpartition("/")[0] or "/")
            except OSError:
                self._known[path] = False
        return self._known[path]

    def _owns(self, path: str) -> bool:
        try:
            return os.lstat(path).st_uid == self._uid
        except OSError:
            return False


def grouped(changes: Iterable[Change], identity: Identity) -> list[tuple[str, list[Change]]]:
    """Return the changes under a heading each: those that the caller could make, and those that need root."""
    rights = Rights(identity)
    mine: list[Change] = []
    others: list[Change] = []
    for change in changes:
        (mine if rights.are_enough(change) else others).append(change)
    title = "Yours" if others else ""
    return [(title, mine), ("Needs root on this machine", others)]

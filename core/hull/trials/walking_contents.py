"""What is in the files that a try changed: read by this process where it may, by a confined child where not."""

import os
from contextlib import suppress

from hull.engine import Engine
from hull.light import TYPE_CHECKING
from hull.state.containers import Container
from hull.trials.changes import Change
from hull.trials.walking import View
from hull.trials.walking_reading import Reader

if TYPE_CHECKING:
    from typing import Self

    from hull.trials.child_asking import Child


class Contents:
    """Files of the two states of a view, for the time of a `with` block; what a try saw empty is empty."""

    def __init__(self, engine: Engine, row: Container, view: View) -> None:
        self._engine, self._view = engine, view
        self._flavour = engine.identity(row.spec.userns).layer_flavour
        self._children: dict[str, Child] = {}
        own = view.on_host and os.geteuid() != 0
        self._reader = Reader(os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) if own else None

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._reader is not None:
            self._reader.__exit__()
        for child in self._children.values():
            child.__exit__(kind, *rest)

    def new(self, change: Change, most: int) -> tuple[int, bytes]:
        """Return the size of the new file, -1 where there is no regular one, and at most `most` bytes of it."""
        if change.new is None or change.new.kind != "file":
            return -1, b""
        return self._read(self._newer(change), change.path, most)

    def old(self, change: Change, most: int) -> tuple[int, bytes]:
        """Return the old file's."""
        if change.old is None or change.old.kind != "file":
            return -1, b""
        return (0, b"") if change.blind else self._read(self._older(), change.path, most)

    def old_at(self, path: str, size: int) -> bytes | None:
        """Return what tells the content of an old file of `size` bytes; None where there is no such."""
        return self._digest(self._older(), path, size)

    def new_at(self, change: Change) -> bytes | None:
        """Return what tells the content of a new file."""
        return None if change.new is None else self._digest(self._newer(change), change.path, change.new.size)

    def _newer(self, change: Change) -> list[str]:
        return [change.layer] if change.layer else [*reversed(self._view.new), ""]

    def _older(self) -> list[str]:
        return [*reversed(self._view.old), ""]

    def _read(self, layers: list[str], path: str, most: int) -> tuple[int, bytes]:
        if self._reader is not None:
            with suppress(PermissionError):
                return self._reader.read(layers, path, most)
        child = self._asked("contents", layers, path, most)
        size = int.from_bytes(child.take(8), "little", signed=True)
        return size, child.take(max(0, min(size, most)))

    def _digest(self, layers: list[str], path: str, size: int) -> bytes | None:
        if self._reader is not None:
            with suppress(PermissionError):
                return self._reader.digest(layers, path, size)
        found = self._asked("digests", layers, path, size).take(32)
        return found if any(found) else None

    def _asked(self, action: str, layers: list[str], path: str, most: int) -> "Child":
        """Return the child that does this, once it is asked."""
        from hull.trials.child_asking import Child

        if action not in self._children:
            self._children[action] = Child(self._engine, self._flavour, action, self._view)
        self._children[action].ask(layers, path, most)
        return self._children[action]

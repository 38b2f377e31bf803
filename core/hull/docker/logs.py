"""A container's log for Docker's clients: what is there, and what comes, without a thread that waits for it."""

import asyncio
from collections.abc import Iterator

from hull.commands import logs as logs_
from hull.docker.changes import Changes
from hull.engine import Engine
from hull.errors import Missing, Unsupported
from hull.light import NamedTuple
from hull.output import Piece
from hull.state.containers import Container

LOOK = 5.0  # seconds after which a container that says nothing is looked at: its monitor may have been killed
MOST = 1 << 20  # bytes of a log that are read at once


class Asked(NamedTuple):
    """What of a log is wanted; times as the command line takes them."""

    since: str = ""
    until: str = ""
    tail: str = "all"
    timestamps: bool = False
    details: bool = False


class Reading:
    """A log that is read in steps, each of which may block for a while; `close` it."""

    def __init__(self, engine: Engine, row: Container, asked: Asked) -> None:
        self._engine = engine
        self._row = row
        wanted = logs_.asked(
            row, asked.since, asked.until, asked.tail, timestamps=asked.timestamps, details=asked.details
        )
        if row.spec.log_driver == "none":
            raise Unsupported("configured logging driver does not support reading")
        self._log = logs_.opened(engine, row, wanted)
        self._log.begin()
        self._coming: Iterator[Piece] | None = None
        self._ended = False

    def some(self) -> list[Piece]:
        """Return a part of what has come since the log was last at its end; nothing where it is again."""
        if self._coming is None:
            self._ended = not self._lives()
            self._coming = self._log.come()
        found, size = [], 0
        for piece in self._coming:
            found.append(piece)
            size += len(piece.data)
            if size >= MOST:
                return found
        self._coming = None
        return found

    @property
    def whole(self) -> bool:
        """Whether all that was there has been read."""
        return self._coming is None

    @property
    def over(self) -> bool:
        """Whether nothing will come any more: the container had ended before all was read, or `until` is past."""
        return self.whole and (self._ended or self._log.over or self._log.left() <= 0)

    def changed(self, changes: Changes) -> "asyncio.Future[None]":
        """Return what is done when there may be more; ask before reading."""
        return changes.next(self._engine.paths.container(self._row.id))

    async def wait(self, changed: "asyncio.Future[None]") -> None:
        """Wait for it, or until it is time to look."""
        try:
            await asyncio.wait({changed}, timeout=self._log.left(LOOK))
        finally:
            changed.cancel()

    def close(self) -> None:
        """Let go of the files."""
        self._log.close()

    def _lives(self) -> bool:
        try:
            found = self._engine.containers.status(self._engine.containers.find(self._row.id))
        except Missing:
            return False
        return found.active and not found.ended

"""A container's end that is waited for: who to wait for, and the exit code afterwards."""

import os
from types import TracebackType

from hull.engine import Engine
from hull.light import IO
from hull.state import status
from hull.state.containers import NoSuchContainer
from hull.state.status import NOBODY

GONE = "hull events --since 1m --filter event=die tells the exit codes of what ended"


class Ending:
    """Made before the wait: a --rm container's status file goes with it, so the file is held open."""

    def __init__(self, engine: Engine, word: str) -> None:
        self._engine = engine
        self._row = engine.containers.find(word)
        self._path = f"{engine.paths.container(self._row.id)}/status"
        self._file: IO[bytes] | None = None
        self.process = NOBODY
        try:
            self._file = open(self._path, "rb")  # noqa: SIM115
        except FileNotFoundError:
            if engine.containers.status(self._row).state == "gone":
                raise NoSuchContainer(f"no such container: {word}: it has just been removed", GONE) from None
            return
        self.process = status.parse(self._file.read(), self._row.creator.boot).parent

    def code(self) -> int:
        """Return the exit code, once the process has ended."""
        if self._file is None:
            return self._engine.containers.status(self._row).exit_code
        try:  # what restarts may have shortened its file: a new one has the name
            with open(self._path, "rb") as last:
                return status.parse(last.read(), self._row.creator.boot).exit_code
        except FileNotFoundError:
            self._file.seek(0, os.SEEK_SET)
            return status.parse(self._file.read(), self._row.creator.boot).exit_code

    def descriptor(self) -> int:
        """Return a new descriptor that is readable once the process has ended; -1 where it has, or nobody runs."""
        if not self.process.pid:
            return -1
        try:
            found = os.pidfd_open(self.process.pid)
        except ProcessLookupError:
            return -1
        if self.process.alive:  # after the descriptor: it is this process's, not a later one's of the same number
            return found
        os.close(found)
        return -1

    def __enter__(self) -> "Ending":  # noqa: PYI034 (Self is typing's)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

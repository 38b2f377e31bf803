"""Files that change, as futures of the event loop: one inotify instance for everybody who waits."""

import asyncio
import os

from hull.kernel import syscalls
from hull.state.watch import CHANGES

BLIND = 0.1  # seconds between two looks without inotify
ROOM = 1 << 16
HEAD = 16  # bytes of struct inotify_event before its name


class Changes:
    """Made once a server, in its event loop. A watch ends with its first event: who waits again asks again."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}
        try:
            self._fd = syscalls.inotify()
        except OSError:
            self._fd = -1
        else:
            self._loop.add_reader(self._fd, self._take)

    def next(self, path: str) -> asyncio.Future[None]:
        """Return what is done at the next change of a file, or of what is directly in a directory.

        Ask before reading: what happens in between is then not missed. Where nothing can be watched it is done soon.
        """
        changed: asyncio.Future[None] = self._loop.create_future()
        try:
            watch = syscalls.inotify_add(self._fd, os.fsencode(path), CHANGES | syscalls.IN_ONESHOT)
        except OSError:  # it is not there, no instance or no watch is left
            self._loop.call_later(BLIND, _settle, changed)
            return changed
        waiting = self._waiting.setdefault(watch, set())
        waiting.add(changed)
        changed.add_done_callback(lambda done: self._forget(watch, done))
        return changed

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _forget(self, watch: int, done: "asyncio.Future[None]") -> None:
        waiting = self._waiting.get(watch, set())
        waiting.discard(done)
        if not waiting:
            self._waiting.pop(watch, None)

    def _take(self) -> None:
        try:
            events = os.read(self._fd, ROOM)
        except BlockingIOError:
            return
        at = 0
        while at < len(events):
            watch = int.from_bytes(events[at : at + 4], "little", signed=True)
            for changed in [*self._waiting] if watch < 0 else [watch]:  # -1: some were lost
                for waiting in [*self._waiting.pop(changed, ())]:
                    _settle(waiting)
            at += HEAD + int.from_bytes(events[at + 12 : at + 16], "little")


def _settle(changed: "asyncio.Future[None]") -> None:
    if not changed.done():
        changed.set_result(None)

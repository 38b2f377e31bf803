"""Wait until files change: inotify, or a short sleep where the user has no instance of it left."""

import contextlib
import os
import select

from hull.kernel import syscalls

CHANGES = (
    syscalls.IN_MODIFY | syscalls.IN_CREATE | syscalls.IN_MOVED_TO | syscalls.IN_MOVE_SELF | syscalls.IN_DELETE_SELF
)
BLIND = 0.1  # seconds between two looks without inotify
ROOM = 1 << 16


class Watch:
    """Paths whose changes end `wait`. Add before reading: what happens in between is then not missed.

    Where nobody reads the pipe `output` any more, `wait` raises BrokenPipeError: a follower with nothing to write would
    never learn it.
    """

    def __init__(self, output: int = -1) -> None:
        self._output = output
        try:
            self._fd = syscalls.inotify()
        except (OSError, ImportError):
            self._fd = -1
        self._blind = self._fd < 0

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def add(self, path: str) -> None:
        """Watch a file by its inode, or a directory for what happens directly in it; again is nothing new."""
        if self._blind:
            return
        try:
            syscalls.inotify_add(self._fd, os.fsencode(path), CHANGES)
        except FileNotFoundError:
            return
        except OSError:
            self._blind = True  # no watch left

    def wait(self, seconds: float) -> None:
        """Return at the first change since the last call, or after `seconds`."""
        poller = select.poll()
        for fd, events in ((self._fd, select.POLLIN), (self._output, 0)):
            if fd >= 0:
                poller.register(fd, events)
        found = poller.poll((min(seconds, BLIND) if self._blind else seconds) * 1000)
        if (self._output, select.POLLERR) in found:
            raise BrokenPipeError
        if self._fd >= 0:
            with contextlib.suppress(BlockingIOError):
                os.read(self._fd, ROOM)

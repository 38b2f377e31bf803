"""Who has gone for good, among those who only said that they send no more.

The event loop stops reading a connection whose other side has ended its direction, and so would learn of the other
side's end by writing alone; what waits for a container to speak would wait for it, for nobody. A unix socket tells the
two apart: it hangs up where the other side is closed.
"""

import asyncio
import contextlib
import select
from collections.abc import Callable


class Leavers:
    """Calls back once the other side of a watched socket is gone; made once a server, in its event loop."""

    def __init__(self) -> None:
        self._watched: dict[int, Callable[[], object]] = {}
        self._poll = select.epoll()
        asyncio.get_running_loop().add_reader(self._poll.fileno(), self._look)

    def watch(self, fd: int, left: Callable[[], object]) -> None:
        """Call `left` when the other side is gone, unless `forget` comes first."""
        self._watched[fd] = left
        self._poll.register(fd, 0)  # a hang-up is told whatever is asked

    def forget(self, fd: int) -> None:
        """Stop watching, before the descriptor is closed."""
        if self._watched.pop(fd, None) is not None:
            with contextlib.suppress(OSError):
                self._poll.unregister(fd)

    def close(self) -> None:
        """Stop all."""
        asyncio.get_running_loop().remove_reader(self._poll.fileno())
        self._poll.close()

    def _look(self) -> None:
        for fd, _ in self._poll.poll(0):
            left = self._watched.get(fd)
            self.forget(fd)
            if left is not None:
                left()

"""Descriptors for as many connections as come."""

import contextlib
import resource


class Room:
    """Raises this process's limit when half of it is used: what it starts has the limit, too, and expects the caller's.

    Programs that walk through all descriptors that there may be take seconds under a limit of a million.
    """

    def __init__(self) -> None:
        self.most, self._hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def take(self, fd: int) -> None:
        """Note a connection's descriptor: the kernel gives the lowest that is free."""
        if self.most // 2 <= fd and self.most < self._hard:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (self._hard, self._hard))
            self.most = self._hard

"""Pipes that are read in the event loop."""

import asyncio
import os

PIECE = 64 << 10


class Pipe:
    """The reading end of a pipe."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._over = False
        self._waiting: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """Return what came, as soon as something has; b"" at its end, after `finish` where nothing is left."""
        while True:
            try:
                return os.read(self.fd, PIECE)
            except BlockingIOError:
                if self._over:
                    return b""
            await self._wait()

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        loop.add_reader(self.fd, self._wake)
        try:
            await self._waiting
        finally:
            loop.remove_reader(self.fd)
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def finish(self) -> None:
        """Say that who was to write has ended: others who hold the pipe are not waited for."""
        self._over = True
        self._wake()

"""A connection that a handler has taken: a stream both ways."""

import asyncio
import fcntl
import termios
import time
from collections.abc import Awaitable, Callable

ROOM = 256 << 10  # bytes that may wait to be read or written
HEARD, LOOK = 0.1, 0.001  # seconds that a head has to be read in, and between two looks


class Taken:
    """A hijacked connection. `read` gives b"" at its end; the end of one direction leaves the other open."""

    def __init__(self, transport: asyncio.Transport, drained: Callable[[], Awaitable[None]]) -> None:
        self._transport = transport
        self._drained = drained  # waits until there is room to write
        self._reader = asyncio.StreamReader(limit=ROOM)
        self._reader.set_transport(transport)
        self._left = asyncio.Event()
        self._heard = False
        transport.set_write_buffer_limits(ROOM)

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what came; the connection calls it, as aiohttp's parsers are called."""
        self._reader.feed_data(data)
        return False, b""

    def feed_eof(self) -> None:
        """Take the end of what comes."""
        self._reader.feed_eof()

    async def read(self, most: int = ROOM) -> bytes:
        """Return what came, as soon as something has."""
        try:
            return await self._reader.read(most)
        except ConnectionError:
            return b""

    async def exactly(self, count: int) -> bytes:
        """Return so many bytes, or raise asyncio.IncompleteReadError."""
        return await self._reader.readexactly(count)

    async def write(self, data: bytes) -> None:
        """Send bytes; waits while the other side does not read. ConnectionResetError where it is gone."""
        if not self._heard:
            await self._head_read()
        if self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)
        await self._drained()

    async def _head_read(self) -> None:
        """Wait, not for long, until the client has read the head: docker-py loses what comes along with it."""
        descriptor, until = self._transport.get_extra_info("socket").fileno(), time.monotonic() + HEARD
        while descriptor >= 0 and time.monotonic() < until:
            if self._transport.is_closing() or not any(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))):
                break  # a closed descriptor's number may be another's
            await asyncio.sleep(LOOK)
        self._heard = True

    def write_eof(self) -> None:
        """Say that nothing more will be sent."""
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        """Let the connection go once what was written is sent."""
        self._transport.close()

    @property
    def closed(self) -> bool:
        """Whether the other side has gone."""
        return self._transport.is_closing()

    async def left(self) -> None:
        """Return when the other side has gone for good; `read` ends when it only sends no more."""
        await self._left.wait()

    def lose(self) -> None:
        """Take it that the other side has gone."""
        self._left.set()
        self._reader.feed_eof()

"""A connection that was HTTP and becomes a stream both ways, as attach, exec and a build's session want it."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

ROOM = 256 << 10  # bytes that may wait to be read or written


class Taken:
    """A hijacked connection. `read` gives b"" at its end; the end of one direction leaves the other open."""

    def __init__(self, transport: asyncio.Transport, connection: "Connection") -> None:
        self._transport = transport
        self._connection = connection
        self._reader = asyncio.StreamReader(limit=ROOM)
        self._reader.set_transport(transport)
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
        if self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)
        await self._connection.drained()

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


class Connection(RequestHandler):
    """aiohttp's protocol, which gives its connection away when a handler takes it."""

    __slots__ = ("_taken",)

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._taken: Taken | None = None

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep what was taken open the other way; any other connection ends."""
        if self._taken is None:
            super().eof_received()
            return None
        self._taken.feed_eof()
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell who took it."""
        if self._taken is not None:
            self._taken.feed_eof()
        super().connection_lost(exc)

    async def drained(self) -> None:
        """Wait until there is room to write."""
        await self._drain_helper()

    def take(self, head: bytes) -> Taken:
        """Answer with this head and give the connection away; what came after the request is not lost."""
        transport = self.transport
        if transport is None:
            raise ConnectionResetError
        self._taken = Taken(transport, self)
        self.set_parser(self._taken)  # type: ignore[arg-type]  # all it asks of one is feed_data
        if head:
            transport.write(head)
        return self._taken


class Gone(web.StreamResponse):
    """The answer of a handler that took its connection: everything was said."""

    async def prepare(self, _request: web.BaseRequest) -> None:
        """Send no head: one was sent when the connection was taken."""

    async def write_eof(self, _data: bytes = b"") -> None:
        """Send no body."""

    @property
    def keep_alive(self) -> bool | None:
        """Whether more requests may come: none."""
        return False


def factory(server: web.Server) -> Callable[[], Connection]:
    """Return what makes the connections of a server."""
    loop, options = server._loop, server._kwargs  # noqa: SLF001 (aiohttp has no other door)
    return lambda: Connection(server, loop=loop, **options)

"""One stream of an HTTP/2 connection, as whoever reads and writes it has it. `http2` has the connection."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

if TYPE_CHECKING:
    from hull.api.rpc.http2 import Mux

Headers = list[tuple[str, str]]


class Lost(ConnectionError):  # noqa: N818 (what it is)
    """The stream was ended by the other side, or the connection has gone."""


class Stream:
    """One stream. What comes is acknowledged when it is read: a slow reader slows the other side."""

    def __init__(self, mux: "Mux", number: int) -> None:
        self._mux, self.number = mux, number
        self.headers: Headers = []
        self.trailers: Headers = []
        self._data: deque[tuple[bytes, int]] = deque()
        self._changed = asyncio.Event()
        self.ended = self.reset = False
        self.opened = asyncio.Event()
        self.lost = asyncio.Event()

    async def read(self) -> bytes:
        """Return what came next; b"" at the end of the stream."""
        while not self._data:
            if self.ended:
                return b""
            if self.reset:
                raise Lost("the stream was reset")
            self._changed.clear()
            await self._changed.wait()
        data, size = self._data.popleft()
        await self._mux.acknowledge(size, self.number)
        return data

    async def send_headers(self, headers: Headers, *, end: bool = False) -> None:
        """Send headers, the trailers among them."""
        await self._mux.send(lambda h2: h2.send_headers(self.number, headers, end_stream=end), self)

    async def write(self, data: bytes) -> None:
        """Send data as the other side has room for it."""
        view = memoryview(data)
        while view:
            room = await self._mux.room(self)
            part, view = view[:room], view[room:]
            await self._mux.send_data(self, bytes(part))

    async def end(self) -> None:
        """Say that nothing more comes from here; the other side may have ended the stream before."""
        if not self.reset:
            await self._mux.send(lambda h2: h2.end_stream(self.number), self)

    async def cancel(self) -> None:
        """End it both ways, whatever is under way."""
        if not self.reset:
            self.reset = True
            self._mux.forget(self)
            await self._mux.send(lambda h2: h2.reset_stream(self.number, ErrorCodes.CANCEL), None)

    def came(self, event: Event | None) -> None:
        """Take an event of this stream; None is the connection's end."""
        if isinstance(event, DataReceived):
            self._data.append((event.data, event.flow_controlled_length))
        elif isinstance(event, ResponseReceived | RequestReceived):
            self.headers = [(_text(name), _text(value)) for name, value in event.headers]
            self.opened.set()
        elif isinstance(event, TrailersReceived):
            self.trailers = [(_text(name), _text(value)) for name, value in event.headers]
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif event is None or isinstance(event, StreamReset):
            self.reset = True
            self.lost.set()
        if self.ended or self.reset:
            self.opened.set()
        self._changed.set()


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

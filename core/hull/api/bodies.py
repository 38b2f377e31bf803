"""Bodies of any size between the event loop and a thread that reads or writes them as a file, in large pieces."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import IO, cast

from aiohttp import web

from hull.api.call import Call
from hull.api.memory import give_back
from hull.api.telling import complain
from hull.errors import HullError, UserError

NO_MORE: Mapping[str, str] = MappingProxyType({})
PIECE = 1 << 20  # bytes that change threads at once: waking another one is dear


class Incoming:
    """A request's body as a binary file for one thread; made in the event loop. `count` is how much was read."""

    def __init__(self, call: Call) -> None:
        self._content = call.request.content
        self._loop = asyncio.get_running_loop()
        self._left = memoryview(b"")
        self.count = 0

    @property
    def file(self) -> IO[bytes]:
        """It, for who asks for a file and only reads."""
        return cast("IO[bytes]", self)

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes, all that come without a size; b"" at the end. Blocks."""
        if size is None or size < 0:
            pieces = []
            while piece := self.read(PIECE):
                pieces.append(piece)
            return b"".join(pieces)
        if not self._left:
            self._left = memoryview(asyncio.run_coroutine_threadsafe(self._more(), self._loop).result())
        found, self._left = bytes(self._left[:size]), self._left[size:]
        self.count += len(found)
        return found

    async def _more(self) -> bytes:
        """Return the next piece: what is there, and what comes until it is large."""
        made = bytearray()
        try:
            while len(made) < PIECE and (piece := await self._content.readany()):
                made += piece
        except web.RequestPayloadError:
            raise UserError("the request's body ends too soon", "send it whole") from None
        return bytes(made)


async def pour(
    call: Call, make: Callable[[], Iterable[bytes]], media_type: str, headers: Mapping[str, str] = NO_MORE
) -> web.StreamResponse:
    """Answer with the bytes that `make` yields, in a thread; what fails before the first of them is an error's answer.

    What fails later ends the connection before the body's end, so that nobody takes the part for the whole.
    """
    response = web.StreamResponse(headers={"Content-Type": media_type, **headers})
    loop = asyncio.get_running_loop()

    async def send(data: bytes) -> None:
        if not response.prepared:
            await response.prepare(call.request)
        await response.write(data)

    def run() -> None:
        pieces = make()
        try:
            send_all(pieces)
        finally:
            getattr(pieces, "close", int)()  # files and children that a generator holds go now
            give_back()

    def send_all(pieces: Iterable[bytes]) -> None:
        waiting = bytearray()
        for chunk in pieces:
            waiting += chunk
            if len(waiting) >= PIECE:
                asyncio.run_coroutine_threadsafe(send(bytes(waiting)), loop).result()
                waiting.clear()
        asyncio.run_coroutine_threadsafe(send(bytes(waiting)), loop).result()

    try:
        await call.slow(run)
    except Exception as error:
        if response.prepared:
            if not isinstance(error, ConnectionError | HullError):
                complain(call.request, error)
            raise ConnectionResetError from error
        raise
    await response.write_eof()
    return response

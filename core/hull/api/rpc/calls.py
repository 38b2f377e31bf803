"""gRPC on a stream: messages, metadata, statuses; methods that are served, and calls of the other side's.

Source: "gRPC over HTTP2" of the gRPC documentation.
"""

import asyncio
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote

from hull.api.rpc.http2 import Mux
from hull.api.rpc.streams import Headers, Lost, Stream

LARGEST = 32 << 20  # bytes of one message
OK, CANCELLED, UNKNOWN, NOT_FOUND, UNIMPLEMENTED, INTERNAL = 0, 1, 2, 5, 12, 13
KIND = "application/grpc"
SAFE = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # of a message: all that is printable but %
Metadata = Iterable[tuple[str, str]]


class Failed(Exception):  # noqa: N818 (what it says)
    """A status that is not OK. `details` is an encoded google.rpc.Status."""

    def __init__(self, code: int, message: str, details: bytes = b"") -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details


class Messages:
    """Both directions of a stream as whole messages."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._rest = bytearray()

    async def read(self) -> bytes | None:
        """Return the next message, None at the end."""
        head = await self._exactly(5)
        if head is None:
            return None
        size = int.from_bytes(head[1:], "big")
        if head[0] or size > LARGEST:
            raise Failed(INTERNAL, "a message is compressed or too long")
        found = await self._exactly(size)
        if found is None:
            raise Lost("the stream ends within a message")
        return found

    async def write(self, message: bytes) -> None:
        """Send a message."""
        await self.stream.write(b"\0" + len(message).to_bytes(4, "big") + message)

    async def _exactly(self, size: int) -> bytes | None:
        while len(self._rest) < size:
            piece = await self.stream.read()
            if not piece:
                if self._rest:
                    raise Lost("the stream ends within a message")
                return None if size else b""
            self._rest += piece
        found = bytes(self._rest[:size])
        del self._rest[:size]
        return found

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self.read()) is not None:
            yield message


Method = Callable[["Asked"], Awaitable[None]]


class Asked:
    """A call that is served: its metadata and its messages."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.messages = Messages(stream)
        self.metadata = {name: value for name, value in stream.headers if not name.startswith(":")}
        self.method = dict(stream.headers).get(":path", "")

    async def one(self) -> bytes:
        """Return the only message of the request."""
        return await self.messages.read() or b""

    async def say(self, message: bytes) -> None:
        """Send a message of the answer."""
        await self.messages.write(message)


async def serve(stream: Stream, methods: dict[str, Method]) -> None:
    """Answer one call; a method that raises `Failed` answers with its status."""
    asked = Asked(stream)
    await stream.send_headers([(":status", "200"), ("content-type", KIND)])
    code, message, details = OK, "", b""
    try:
        await _while_open(stream, methods.get(asked.method, _unknown)(asked))
    except Failed as error:
        code, message, details = error.code, error.message, error.details
    except ConnectionError:
        raise
    except Exception as fault:  # noqa: BLE001 (the edge: a fault is one call's)
        sys.stderr.write(f"hull serve: {asked.method}: {fault!r}\n")
        code, message = INTERNAL, f"hull failed: {type(fault).__name__}: {fault}"
    trailers: Headers = [("grpc-status", str(code)), ("grpc-message", quote(message, safe=SAFE))]
    if details:
        trailers.append(("grpc-status-details-bin", b64encode(details).decode().rstrip("=")))
    await stream.send_headers(trailers, end=True)


async def _unknown(asked: Asked) -> None:
    raise Failed(UNIMPLEMENTED, f"unknown method {asked.method}")


async def _while_open(stream: Stream, work: Awaitable[None]) -> None:
    """Do the work; it is cancelled where the other side cancels the call."""
    task = asyncio.ensure_future(work)
    lost = asyncio.ensure_future(stream.lost.wait())
    try:
        await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Lost("the call was cancelled")
        task.result()
    finally:
        lost.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


class Caller:
    """Calls of the other side's methods."""

    def __init__(self, mux: Mux) -> None:
        self._mux = mux

    async def open(self, method: str, metadata: Metadata = ()) -> Messages:
        """Begin a call of many messages."""
        headers = [(":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost"),
                   ("te", "trailers"), ("content-type", KIND), *metadata]  # fmt: skip
        return Messages(await self._mux.open(headers))

    async def ask(self, method: str, message: bytes) -> bytes:
        """Return the answer to one message; raises `Failed` where the status is not OK."""
        call = await self.open(method)
        await call.write(message)
        await call.stream.end()
        answer = b""
        async for one in call:
            answer = one
        self.check(call)
        return answer

    def check(self, call: Messages) -> None:
        """Raise the status of a call that is over, where it is not OK."""
        self._mux.forget(call.stream)
        said: dict[str, Any] = dict(call.stream.trailers or call.stream.headers)
        code = int(said.get("grpc-status", "2") or 2)
        if code:
            raise Failed(code, unquote(said.get("grpc-message", "")) or f"status {code}")

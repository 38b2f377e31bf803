"""Bytes between a client and a container's streams: in frames, or raw where there is a terminal."""

import asyncio
import contextlib
import io
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from hull.api.taken import Taken
from hull.docker.attaching import Stream, Streams
from hull.docker.keys import Keys

STDOUT, STDERR = 1, 2
STREAMS = {ord("o"): STDOUT, ord("e"): STDERR}
PIECE = 32 << 10  # bytes of input a packet
TURNS = 16  # packets after which others have their turn
LAST = 0.1  # seconds for which a client that still sends is heard
_HEAD = struct.Struct(">BxxxL")

Send = Callable[[bytes], Awaitable[None]]


class Source(Protocol):
    """Where a client's input comes from."""

    async def read(self, most: int = ...) -> bytes:
        """Return what came, b"" at its end."""

    async def left(self) -> None:
        """Return when the client has gone for good."""


def frame(stream: int, data: bytes | memoryview) -> bytes:
    """Return a piece as Docker's clients tell the streams apart."""
    return b"".join((_HEAD.pack(stream, len(data)), data))


def of_packets(send: Send, *, framed: bool) -> Callable[[bytes], Awaitable[None]]:
    """Return what sends a monitor's packets on."""

    async def write(packet: bytes) -> None:
        await send(frame(STREAMS[packet[0]], memoryview(packet)[1:]) if framed else packet[1:])

    return write


def of_pieces(send: Send, streams: Streams, *, framed: bool) -> Callable[[int, bytes], Awaitable[None]]:
    """Return what sends a log's pieces on, those of the streams that are wanted; a frame is a line, as Docker's."""
    wanted = {STDOUT: streams.stdout, STDERR: streams.stderr}

    async def write(stream: int, data: bytes) -> None:
        if wanted[stream] and data:
            await send(b"".join(frame(stream, line) for line in io.BytesIO(data)) if framed else data)

    return write


async def copy(
    source: Source,
    stream: Stream,
    write: Callable[[bytes], Awaitable[None]],
    keys: Keys | None,
    *,
    ends_input: bool,
) -> bool:
    """Copy both ways until the program has ended, the client is gone or has detached; True where it detached.

    Without `keys` no input is taken. With `ends_input` the end of the client's is the program's, and the output goes
    on; else it ends all, as Docker has it.
    """
    out = asyncio.create_task(_show(stream, write))
    back = asyncio.create_task(_ignore(source) if keys is None else _feed(source, stream, keys, ends_input=ends_input))
    left = asyncio.create_task(source.left())
    try:
        await asyncio.wait({out, back, left}, return_when=asyncio.FIRST_COMPLETED)
        return back.done() and back.exception() is None and back.result()
    finally:
        await _end(out, back, left)


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    for found in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(found, Exception):
            raise found


async def _show(stream: Stream, write: Callable[[bytes], Awaitable[None]]) -> None:
    turn = 0
    while (packet := await stream.receive())[:1] not in (b"", b"x"):
        await write(packet)
        turn += 1
        if turn % TURNS == 0:
            await asyncio.sleep(0)


async def _feed(source: Source, stream: Stream, keys: Keys, *, ends_input: bool) -> bool:
    while data := await source.read(PIECE):
        data, detached = keys.pass_on(data)
        if data and not await stream.send(b"i" + data):
            ends_input = True  # the program is over: its output may not be
            break
        if detached:
            return True
    if ends_input:
        await stream.send(b"z")
        await asyncio.Event().wait()
    return False


async def _ignore(source: Source) -> bool:
    """Let the client say what it likes: only its going ends anything."""
    while await source.read():
        continue
    await asyncio.Event().wait()
    return False


async def finish(taken: Taken) -> None:
    """End the connection so that the client has had everything: what it sends meanwhile would break it."""
    taken.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST):
            while not taken.closed and await taken.read():
                continue

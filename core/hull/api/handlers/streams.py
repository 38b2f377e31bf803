"""A container's streams: attached to as they flow, and as its log has them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_websocket import WSMsgType

from hull.api.call import Call, nothing
from hull.api.copying import Source, copy, finish, of_packets, of_pieces
from hull.docker import attaching
from hull.docker.attaching import Row, Streams
from hull.docker.keys import Keys
from hull.docker.logs import Asked, Reading
from hull.docker.versions import Version
from hull.errors import UserError

RAW, MULTIPLEXED = "application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream"
SAID = Version(1, 42)  # since then an answer's type says whether it is in frames

Send = Callable[[bytes], Awaitable[None]]


async def attach(call: Call) -> web.StreamResponse:
    """Join a container's streams, from its start where that is yet to come."""
    await call.body()
    row = await call.verb(attaching.reachable, call.engine, call.word("id"))
    reading = await _past(call, row)
    taken = call.take(_media_type(call, row) if call.upgrades else RAW)
    with contextlib.suppress(ConnectionError):
        await _join(call, row, reading, taken, taken.write, framed=not row.spec.tty)
        await finish(taken)
    taken.close()
    return call.over()


async def websocket(call: Call) -> web.StreamResponse:
    """Join a container's streams by a web socket, both as one."""
    row = await call.verb(attaching.reachable, call.engine, call.word("id"))
    reading = await _past(call, row)
    response = web.WebSocketResponse()
    await response.prepare(call.request)
    with contextlib.suppress(ConnectionError):
        await _join(call, row, reading, _Socket(response), response.send_bytes, framed=False)
        await response.close()
    return response


async def _past(call: Call, row: Row) -> Reading | None:
    return await call.verb(Reading, call.engine, row, Asked()) if call.flag("logs") else None


async def _join(call: Call, row: Row, reading: Reading | None, source: Source, send: Send, *, framed: bool) -> None:
    """Show what was, then what comes."""
    streams = Streams(call.flag("stdin"), call.flag("stdout"), call.flag("stderr"))
    if reading is not None:
        with contextlib.closing(reading):
            await _read(call, reading, of_pieces(send, streams, framed=framed))
    if not call.flag("stream"):
        return
    keys = Keys(call.text("detachKeys"), tty=row.spec.tty) if streams.stdin and row.spec.interactive else None
    async with call.work.attachments.join(call.work.run, row, streams) as stream:
        write, ends = of_packets(send, framed=framed), attaching.ends_input(row)
        if await copy(source, stream, write, keys, ends_input=ends):
            await call.verb(attaching.detached, call.engine, row)


async def _read(call: Call, reading: Reading, write: Callable[[int, bytes], Awaitable[None]]) -> None:
    """Write what is there."""
    while True:
        for stream, data in await call.verb(reading.some):
            await write(stream, data)
        if reading.whole:
            return


async def resize(call: Call) -> web.StreamResponse:
    """Give a container's terminal another size."""
    rows, columns = size(call)
    await call.verb(attaching.resize, call.engine, call.word("id"), rows, columns)
    return nothing(200)


def size(call: Call) -> tuple[int, int]:
    """Return the rows and columns that a request asks for."""
    found = call.number("h", 0) or 0, call.number("w", 0) or 0
    if not all(0 <= one < 1 << 16 for one in found):
        raise UserError(f"invalid size: {found[0]} rows and {found[1]} columns")
    return found


async def logs(call: Call) -> web.StreamResponse:
    """Answer with what a container wrote, and with `follow` what it writes until it ends."""
    streams = Streams(False, call.flag("stdout"), call.flag("stderr"))
    if not (streams.stdout or streams.stderr):
        raise UserError("Bad parameters: you must choose at least one stream")
    asked = Asked(call.text("since"), call.text("until"), call.text("tail", "all") or "all", call.flag("timestamps"),
                  call.flag("details"))  # fmt: skip
    row = await call.verb(call.engine.containers.find, call.word("id"))
    reading = await call.verb(Reading, call.engine, row, asked)
    with contextlib.closing(reading):
        response = web.StreamResponse(headers={"Content-Type": _media_type(call, row)})
        await response.prepare(call.request)
        write = of_pieces(response.write, streams, framed=not row.spec.tty)
        while True:
            changed = reading.changed(call.work.changes)
            await _read(call, reading, write)
            if not call.flag("follow") or reading.over:
                changed.cancel()
                break
            await reading.wait(changed)
        await response.write_eof()
    return response


def _media_type(call: Call, row: Row) -> str:
    return RAW if row.spec.tty or call.version < SAID else MULTIPLEXED


class _Socket:
    """What is typed, by a web socket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._gone = asyncio.Event()

    async def read(self, _most: int = 0) -> bytes:
        """Return the next message, b"" where the other side has gone."""
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            return str(message.data).encode()
        if message.type is WSMsgType.BINARY:
            return bytes(message.data)
        self._gone.set()
        return b""

    async def left(self) -> None:
        """Return once the other side has gone."""
        await self._gone.wait()

"""Builds: the context is streamed to the disk, what the builder tells is streamed back."""

import asyncio
import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from aiohttp import web

from hull.api.call import Call, answer, nothing
from hull.api.hijack import Connection
from hull.api.memory import give_back
from hull.api.rpc.desk import Session
from hull.api.taken import Taken
from hull.docker import build as builds
from hull.docker import buildcache, images_auth
from hull.docker.versions import Version
from hull.errors import UserError

AUX = Version(1, 30)  # since then the stream tells ids apart
WAITING = 64  # pieces that wait for a client who does not read; then its build waits
LOOK = 0.25  # seconds between two looks at whether it has gone


async def build(call: Call) -> web.StreamResponse:
    """Build an image of the context that the body is, or that the query names."""
    query = builds.Query(
        dict(call.request.query), call.texts("t"), call.texts("extrahosts"), call.texts("securityopt"),
        call.version >= AUX, call.work.limits == "warn", call.request.headers.get(images_auth.CONFIG, ""),
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        context = None if call.text("remote") else await _kept(call)
        if context is not None:
            stack.enter_context(context)
        asked = await call.verb(builds.asked, call.engine, query, context)
        stop = threading.Event()
        ident = call.text("buildid") or os.urandom(8).hex()
        call.work.desk.builds[ident] = stop
        try:
            return await _streamed(call, builds.told(call.engine, asked, query, stop), stop)
        finally:
            give_back()
            if call.work.desk.builds.get(ident) is stop:
                call.work.desk.builds.pop(ident, None)  # another build may have come under the same id


async def cancel(call: Call) -> web.StreamResponse:
    """End a build that the client has given an id; one that is over, or never was, stays as it is."""
    ident = call.text("id")
    if not ident:
        raise UserError("build ID not provided")
    if ident in call.work.desk.builds:
        call.work.desk.builds[ident].set()
    return nothing(200)


async def prune(call: Call) -> web.StreamResponse:
    """Forget what builds keep."""
    return answer(await call.verb(buildcache.pruned, call.engine, call.filters()))


async def session(call: Call) -> web.StreamResponse:
    """Let the client's own services be asked by builds that name its session."""
    from hull.api.rpc.calls import Caller
    from hull.api.rpc.http2 import Mux

    headers = call.request.headers
    ident, upgrade = headers.get("X-Docker-Expose-Session-Uuid", ""), headers.get("Upgrade", "")
    if upgrade != "h2c":
        raise UserError(f"protocol {upgrade} not supported" if upgrade else "no upgrade proto in request")
    mux = Mux(_taken(call), client=True)
    await mux.begin()
    if await call.work.desk.enter(ident, Session(Caller(mux), mux.gone)):
        try:
            await mux.run()
        finally:
            call.work.desk.leave(ident)
    mux.close()
    return call.over()


async def grpc(call: Call) -> web.StreamResponse:
    """Answer what BuildKit's clients ask."""
    from hull.api.rpc import calls
    from hull.api.rpc.control import Control
    from hull.api.rpc.http2 import Mux

    if call.request.headers.get("Upgrade", "") != "h2c":
        raise UserError("no upgrade proto in request")
    methods = Control(call).methods()
    await Mux(_taken(call), client=False, serve=lambda stream: calls.serve(stream, methods)).run()
    return call.over()


def _taken(call: Call) -> Taken:
    """Answer that HTTP/2 is spoken from here on; a client need not say `Connection: Upgrade` beside its protocol."""
    connection = call.request.protocol
    if not isinstance(connection, Connection):
        raise TypeError("the connection is not one of ours")
    return connection.take(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")


async def _kept(call: Call) -> IO[bytes] | None:
    """Return the body as a file without a name in the store's scratch, None for an empty one."""
    file = tempfile.TemporaryFile(dir=call.engine.paths.scratch)  # noqa: SIM115 (the caller closes it)
    try:
        async for piece in call.request.content.iter_any():
            await call.verb(file.write, piece)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    if not size:
        file.close()
        return None
    return file


async def _streamed(call: Call, pieces: Iterator[bytes], stop: threading.Event) -> web.StreamResponse:
    """Answer with what comes; a client that goes away ends the build, and is not waited for."""
    told = web.StreamResponse(headers={"Content-Type": "application/json"})
    loop, coming = asyncio.get_running_loop(), asyncio.Queue[bytes | None]()
    room = threading.Semaphore(WAITING)

    def build() -> None:
        try:
            for piece in pieces:
                while not stop.is_set() and not room.acquire(timeout=LOOK):
                    pass
                loop.call_soon_threadsafe(coming.put_nowait, piece)
        finally:
            loop.call_soon_threadsafe(coming.put_nowait, None)

    building = asyncio.ensure_future(call.slow(build))
    try:
        while (piece := await coming.get()) is not None:
            if not told.prepared:
                await told.prepare(call.request)
            await told.write(piece)
            room.release()
        await building
        await told.write_eof()
    finally:
        stop.set()
        await asyncio.wait({building})  # the context's file is closed after it
        if not building.cancelled():
            building.exception()  # it was raised, or nobody is left to be told
    return told

"""Where the API listens, and when it ends."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

from aiohttp import web

from hull.api.app import make
from hull.api.hijack import factory
from hull.api.work import Work
from hull.commands.serve import Served
from hull.engine import Engine

LINE, FIELD, FIELDS = 64 << 10, 256 << 10, 200  # of a request's head: bytes, bytes, lines; filters and tokens are long


def serve(asked: Served) -> int:
    """Answer as asked until nobody has asked for so long, or a signal ends it; return the exit code."""
    listening = [listen(asked.path)]
    asked.engine.keep()
    try:
        asyncio.run(_serve(asked.engine, listening, asked.idle))
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(asked.path)
        asked.engine.close()
    return 0


async def _serve(engine: Engine, listening: list[socket.socket], idle: float) -> None:
    loop = asyncio.get_running_loop()
    work = Work(engine)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.ending.set)
    runner = web.AppRunner(make(work), access_log=None, max_line_size=LINE, max_field_size=FIELD, max_headers=FIELDS,
                           keepalive_timeout=75, auto_decompress=False, handle_signals=False,
                           shutdown_timeout=1)  # fmt: skip
    await runner.setup()
    made = factory(runner.server)  # type: ignore[arg-type]  # it is there once it is set up
    servers = [await loop.create_unix_server(made, sock=one) for one in listening]
    try:
        sys.stdout.write(f"export DOCKER_HOST=unix://{listening[0].getsockname()}\n")
        sys.stdout.flush()
        await _until_idle(work, idle)
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()
        work.threads.shutdown(wait=False, cancel_futures=True)


async def _until_idle(work: Work, idle: float) -> None:
    """Return when it is to end: asked to, or nothing was asked for so long."""
    ending = asyncio.ensure_future(work.ending.wait())
    while not ending.done():
        work.changed.clear()
        limit = idle if idle and not work.active else None
        changed = asyncio.ensure_future(work.changed.wait())
        await asyncio.wait({ending, changed}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        busy = changed.done()
        changed.cancel()
        if not busy and not work.active and limit is not None:
            break
    ending.cancel()


def listen(path: str) -> socket.socket:
    """Return a socket that listens at `path`, for its owner alone."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(path)
    finally:
        os.umask(before)
    listening.listen(1024)
    return listening

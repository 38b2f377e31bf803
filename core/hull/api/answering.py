"""What answers, until nobody asks any more."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from hull.api.app import make
from hull.api.hijack import Connection, factory
from hull.api.leaving import Leavers
from hull.api.room import Room
from hull.api.tls import Gate
from hull.api.work import Work
from hull.commands._listening import BACKLOG, Place
from hull.commands.serve import Served

LINE, FIELD, FIELDS = 64 << 10, 256 << 10, 200  # of a request's head: bytes, bytes, lines; filters and tokens are long
KEPT = 300  # seconds for which a connection without a request stays
LAST = 10  # seconds for what verbs are in the middle of
FINISH = 0.3  # seconds for requests that are being answered when it is told to end


async def answer(asked: Served, listening: socket.socket, place: Place | None) -> bool:
    """Answer until it is to end; whether nothing is left running. The place's name is gone then."""
    loop = asyncio.get_running_loop()
    work = Work(asked.engine, asked.limits)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.end)
    if asked.leash:
        loop.add_reader(sys.stdin.fileno(), _at_end_of_input, work)
    async with _connections(work) as made, contextlib.AsyncExitStack() as doors:
        keeping = loop.run_in_executor(work.threads, lambda: asked.engine.keep(always=True))
        if asked.tcp:
            gate = await doors.enter_async_context(Gate(asked.tcp, made))
            _say(f"# and {gate.url}, with certificates: docker --tlsverify\n")
        server = await loop.create_unix_server(made, sock=listening, backlog=BACKLOG)
        doors.callback(server.close)
        gc.collect()
        gc.freeze()
        await keeping
        await _until_idle(work, asked.idle, place)
    return await work.settle(LAST)


@contextlib.asynccontextmanager
async def _connections(work: Work) -> AsyncIterator[Callable[[], Connection]]:
    """Give what makes connections; all are closed at the end."""
    runner = web.AppRunner(make(work), access_log=None, max_line_size=LINE, max_field_size=FIELD, max_headers=FIELDS,
                           keepalive_timeout=KEPT, auto_decompress=False, handle_signals=False, shutdown_timeout=FINISH,
                           handler_cancellation=True)  # fmt: skip
    await runner.setup()
    leavers = Leavers()
    try:
        yield factory(runner.server, leavers, Room())  # type: ignore[arg-type]  # it is there once it is set up
    finally:
        await runner.cleanup()
        leavers.close()


async def _until_idle(work: Work, idle: float, place: Place | None) -> None:
    """Return when it is to end: asked to, or nothing was asked for so long and nobody is on his way."""
    while not work.ending.is_set():
        work.changed.clear()
        try:
            async with asyncio.timeout(None if work.active or not idle else idle):
                await work.changed.wait()
        except TimeoutError:
            if not work.running and (place is None or place.withdraw()):
                return
    if place is not None:
        place.withdraw()


def _say(line: str) -> None:
    """Print a line; who started it with -d has read what he wanted, and reads no more."""
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), line.encode())


def _at_end_of_input(work: Work) -> None:
    try:
        more = os.read(sys.stdin.fileno(), 512)
    except OSError:
        more = b""
    if not more:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        work.end()

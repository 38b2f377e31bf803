"""What happens, told as it happens."""

import asyncio
import contextlib

from aiohttp import web

from hull.api.call import Call
from hull.docker import events
from hull.docker.events import Asked
from hull.docker.tail import Listener
from hull.errors import HostError

AGO = 60_000_000_000  # nanoseconds before the question: what was written since it came is heard again


async def listen(call: Call) -> web.StreamResponse:
    """Tell what happened and what happens, an object a line, until the client leaves or its time is over."""
    wanted = events.asked(call.text("since"), call.text("until"), call.filters())
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    with call.work.tail.listen() as listener:
        await response.prepare(call.request)
        told = await _before(call, wanted, response)
        try:
            async with asyncio.timeout(wanted.left):
                await _follow(call, wanted, listener, response, told)
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                await response.write_eof()
        except HostError:
            response.force_close()
            if call.request.transport is not None:
                call.request.transport.abort()
    return response


async def _before(call: Call, wanted: Asked, response: web.StreamResponse) -> set[tuple[int, str, str]]:
    """Write what happened before; return what was told, for it may be heard again."""
    if not wanted.past:
        return set()
    found = await call.verb(events.kept, call.engine, wanted)
    if found:
        await response.write(b"".join(line for _, line in found))
    return {key for key, _ in found if key[0] > wanted.now - AGO}


async def _follow(
    call: Call, wanted: Asked, listener: Listener, response: web.StreamResponse, told: set[tuple[int, str, str]]
) -> None:
    first = wanted.now if wanted.first is None else wanted.first
    while True:
        event = await listener.next()
        if event["timeNano"] < first or events.key_of(event) in told:
            continue
        lines = call.work.lines
        named, line = lines.known(event) or lines.keep(event, await call.quick(lines.make, event))
        if wanted.takes(named):
            await response.write(line)

"""A container's start, with whoever has attached to it before; and the wait for its end."""

import asyncio
import json

from aiohttp import web

from hull.api.call import Call, answer, nothing
from hull.docker import life
from hull.docker.attaching import Row
from hull.docker.ending import Ending
from hull.docker.starting import refused
from hull.errors import HullError, Unsupported, UserError

STREAMED = (1, 30)  # since then the head of a wait's answer comes at once


async def start(call: Call) -> web.StreamResponse:
    """Start a container; 304 where it runs."""
    if (await call.body()).strip() not in (b"", b"{}", b"null"):
        raise UserError(
            "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"
        )
    if call.text("checkpoint"):
        raise Unsupported("cannot start from a checkpoint of processes: hull keeps files alone")
    row = await call.verb(call.engine.containers.find, call.word("id"))
    starting = call.work.keep(_start(call, row))  # to its end, though the client goes meanwhile
    starting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return nothing(204 if await asyncio.shield(starting) else 304)


async def _start(call: Call, row: Row) -> bool:
    """Start it; what was to be removed at its end is removed where it cannot start."""
    try:
        return await call.work.attachments.start(call.work.run, row)
    except HullError as error:
        if row.remove:
            await call.verb(life.clear, call.engine, row.id)
        raise refused(row, error) from error


async def wait(call: Call) -> web.StreamResponse:
    """Answer once a container has ended, or is removed."""
    row = await call.verb(call.engine.containers.find, call.word("id"))
    with call.work.tail.listen(row.id) as heard:
        ending = Ending(call.engine, row, call.text("condition") or "not-running", heard)
        over = await ending.before(call.work.run)
        if call.version < STREAMED:
            return answer(ending.document() if over else await ending.wait(call.work.run))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(call.request)
        found = ending.document() if over else await ending.wait(call.work.run)
        await response.write(json.dumps(found, separators=(",", ":")).encode() + b"\n")
        await response.write_eof()
        return response

"""Containers: made, listed, looked at, changed, ended."""

import asyncio
import json

from aiohttp import web

from hull.api.app import headers
from hull.api.call import Call, answer, nothing
from hull.api.handlers import limits
from hull.docker import containers, life, links
from hull.docker import create as asking
from hull.docker import stats as stats_


async def listed(call: Call) -> web.StreamResponse:
    """Answer with the containers that run, or all, or the last ones."""
    found = await call.verb(
        containers.listed,
        call.engine,
        call.filters(),
        everything=call.flag("all"),
        most=call.number("limit", 0) or 0,
        sized=call.flag("size"),
    )
    return answer(found)


async def create(call: Call) -> web.StreamResponse:
    """Make a container; what of its limits cannot be had is refused, or told as a warning."""
    body = await call.document()

    def make() -> dict[str, object]:
        asked = asking.read(body, call.text("name"), call.text("platform"), call.version, limits.lacking(call))
        return {"Id": containers.made(call.engine, asked), "Warnings": asked.warnings}

    return answer(await call.verb(make), 201)


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with a container's document."""
    sized = call.flag("size")
    row = await call.quick(links.find, call.engine, call.word("id"))
    look = call.verb if sized or row.spec.networks else call.quick
    found = await look(containers.inspected, call.engine, row, call.version, sized=sized)
    found["ExecIDs"] = call.work.execs.of(found["Id"]) or None
    return answer(found)


async def top(call: Call) -> web.StreamResponse:
    """Answer with its processes, under the columns that ps's words ask for."""
    words = tuple(call.text("ps_args", "-ef").split())
    return answer(await call.verb(life.processes, call.engine, call.word("id"), words))


async def changes(call: Call) -> web.StreamResponse:
    """Answer with what it changed over its image."""
    found = await call.verb(containers.changes, call.engine, call.word("id"))
    return answer(found)


async def stats(call: Call) -> web.StreamResponse:
    """Answer with what it uses: once, or each second until it or the client is gone."""
    taker = await call.verb(stats_.Taker, call.engine, call.word("id"), call.work.looks)
    found = await call.verb(taker.take)
    if not call.flag("stream", usual=True):
        if found["read"] != stats_.NEVER and not call.flag("one-shot"):
            await asyncio.sleep(stats_.INTERVAL)
            found = await call.verb(taker.take)
        return answer(found)
    answered = web.StreamResponse(headers={"Content-Type": "application/json", **headers()})
    await answered.prepare(call.request)
    more: dict[str, object] | None = found
    while more:
        await answered.write(json.dumps(more, separators=(",", ":")).encode() + b"\n")
        await asyncio.sleep(stats_.INTERVAL)
        more = await call.verb(taker.again)
    return answered


async def stop(call: Call) -> web.StreamResponse:
    """Stop it; 304 where it does not run."""
    stopped = await call.slow(life.stop, call.engine, call.word("id"), call.number("t"), call.text("signal"))
    return nothing(204 if stopped else 304)


async def restart(call: Call) -> web.StreamResponse:
    """Stop it and start it."""
    await call.slow(life.restart, call.engine, call.word("id"), call.number("t"), call.text("signal"))
    return nothing()


async def kill(call: Call) -> web.StreamResponse:
    """Send it a signal."""
    await call.verb(life.kill, call.engine, call.word("id"), call.text("signal"))
    return nothing()


async def update(call: Call) -> web.StreamResponse:
    """Change its limits and restart policy."""
    body = await call.document()
    warnings = await call.verb(containers.updated, call.engine, call.word("id"), body, limits.lacking(call))
    return answer({"Warnings": warnings})


async def rename(call: Call) -> web.StreamResponse:
    """Give it another name."""
    await call.verb(life.rename, call.engine, call.word("id"), call.text("name"))
    return nothing()


async def pause(call: Call) -> web.StreamResponse:
    """Hold it still."""
    await call.verb(life.pause, call.engine, call.word("id"))
    return nothing()


async def unpause(call: Call) -> web.StreamResponse:
    """Let it go on."""
    await call.verb(life.unpause, call.engine, call.word("id"))
    return nothing()


async def remove(call: Call) -> web.StreamResponse:
    """Remove it."""
    if call.flag("link"):
        await call.verb(life.unlink, call.engine, call.word("id"))
    else:
        await call.verb(life.remove, call.engine, call.word("id"), force=call.flag("force"), volumes=call.flag("v"))
    return nothing()


async def prune(call: Call) -> web.StreamResponse:
    """Remove those that have ended."""
    removed, freed = await call.verb(life.prune, call.engine, call.filters())
    return answer({"ContainersDeleted": removed, "SpaceReclaimed": freed})

"""What is about the engine itself."""

from aiohttp import web

from hull.api.call import Call, answer
from hull.docker import swarm, system


async def ping(call: Call) -> web.StreamResponse:
    """Answer that somebody is here, and which builder is."""
    body = b"" if call.request.method == "HEAD" else b"OK"
    return web.Response(
        body=body,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Builder-Version": "1",
            "Cache-Control": "no-cache, no-store, must-revalidate",
            "Pragma": "no-cache",
            "Swarm": "active/manager" if await call.quick(swarm.row(call.engine).active) else "inactive",
        },
    )


async def version(_call: Call) -> web.StreamResponse:
    """Answer with versions."""
    return answer(system.version())


async def info(call: Call) -> web.StreamResponse:
    """Answer with what this machine and this store are."""
    return answer(await call.verb(system.info, call.engine, call.version, call.work.tail.count))

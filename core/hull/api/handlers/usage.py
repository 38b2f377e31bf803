"""What the store takes."""

from aiohttp import web

from hull.api.call import Call, answer
from hull.docker import usage


async def df(call: Call) -> web.StreamResponse:
    """Answer with what images, containers, volumes and builds take."""
    return answer(await call.verb(usage.usage, call.engine, call.texts("type"), call.version))

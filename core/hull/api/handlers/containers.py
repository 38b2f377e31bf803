"""Containers: made, listed, looked at, started, ended."""

from aiohttp import web

from hull.api.call import Call, answer
from hull.commands import _details


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with a container's document."""

    def look() -> object:
        return _details.container(call.engine, call.engine.containers.find(call.word("id")), sized=call.flag("size"))

    return answer(await call.verb(look))

"""What is hull's own: a client that keeps the server from ending while it has nothing to ask."""

from aiohttp import web

from hull.api.call import Call


async def hold(call: Call) -> web.StreamResponse:
    """Be busy until the client has gone."""
    taken = call.take()
    await taken.left()
    return call.over()

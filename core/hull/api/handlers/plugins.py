"""Plugins of Docker's engine: there are none."""

from aiohttp import web

from hull.api.call import Call, answer
from hull.errors import Missing, Unsupported


async def installed(_call: Call) -> web.StreamResponse:
    """Answer that none is installed."""
    return answer([])


async def missing(call: Call) -> web.StreamResponse:
    """Say that this one is not there."""
    raise Missing(f"plugin {call.word('rest').removesuffix('/json')!r} not found")


async def refuse(_call: Call) -> web.StreamResponse:
    """Say that none can be had."""
    raise Unsupported("cannot use plugins of Docker's engine: hull has none")

"""Plugins of Docker's engine: there are none."""

from aiohttp import web

from hull.api.call import Call, answer
from hull.errors import Missing, Unsupported, UserError

WITH_BODY = ("pull", "set", "upgrade")
OF_ONE = ("/json", "/enable", "/disable", "/set", "/upgrade", "/push")


async def installed(_call: Call) -> web.StreamResponse:
    """Answer that none is installed."""
    return answer([])


async def missing(call: Call) -> web.StreamResponse:
    """Say that this one is not there."""
    rest = call.word("rest")
    name = next((rest.removesuffix(end) for end in OF_ONE if rest.endswith(end)), rest)
    raise Missing(f'plugin "{name}" not found')


async def refuse(call: Call) -> web.StreamResponse:
    """Say that none can be had."""
    rest = call.request.match_info.get("rest", "")
    if rest.rpartition("/")[2] in WITH_BODY:
        await call.document()
    if rest.endswith(OF_ONE):
        return await missing(call)
    if rest == "pull" and not call.text("remote"):
        raise UserError("invalid reference format")
    raise Unsupported("cannot use plugins of Docker's engine: hull has none")

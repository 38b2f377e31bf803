"""`/auth`: whether a registry takes somebody's credentials."""

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call, answer
from hull.docker import images_auth


async def check(call: Call) -> web.StreamResponse:
    """Ask the registry; nothing is kept: the client does that."""
    said = await call.document()
    try:
        return answer(await call.verb(images_auth.check, call.engine, said))
    except images_auth.Refused as error:
        return failed(401, error.message)

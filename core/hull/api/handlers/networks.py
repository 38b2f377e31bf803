"""Networks: listed, looked at, made, removed, and who is on them."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call, answer, nothing
from hull.docker import networks, networks_asked


async def _verb(call: Call, function: Callable[..., Any], *words: Any) -> Any:
    """Return what a function of hull.docker.networks returns, or the answer 403 where nobody may do it."""
    try:
        return await call.verb(function, call.engine, *words)
    except networks_asked.Refused as error:
        return failed(403, error.message)


async def listed(call: Call) -> web.StreamResponse:
    """Answer with the networks that the filters let through."""
    return answer(await call.verb(networks.listed, call.engine, call.filters(), call.version))


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with one network's document."""
    return answer(await call.verb(networks.inspect, call.engine, call.word("id"), call.text("scope")))


async def create(call: Call) -> web.StreamResponse:
    """Make a network."""
    made = await _verb(call, networks.create, await call.document(), call.version)
    return made if isinstance(made, web.StreamResponse) else answer(made, 201)


async def remove(call: Call) -> web.StreamResponse:
    """Remove a network that no container is on."""
    return await _verb(call, networks.remove, call.word("id")) or nothing()


async def prune(call: Call) -> web.StreamResponse:
    """Remove the networks that no container is on."""
    return answer(await call.verb(networks.prune, call.engine, call.filters()))


async def connect(call: Call) -> web.StreamResponse:
    """Connect a container to a network."""
    return await _verb(call, networks.connect, call.word("id"), await call.document()) or nothing(200)


async def disconnect(call: Call) -> web.StreamResponse:
    """Disconnect a container from a network."""
    return await _verb(call, networks.disconnect, call.word("id"), await call.document()) or nothing(200)

"""Volumes: listed, looked at, made, removed."""

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call, answer, nothing
from hull.docker import volumes


async def listed(call: Call) -> web.StreamResponse:
    """Answer with the volumes that the filters let through."""
    return answer(await call.verb(volumes.listed, call.engine, call.filters()))


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with one volume's document."""
    return answer(await call.verb(volumes.inspect, call.engine, call.word("name")))


async def create(call: Call) -> web.StreamResponse:
    """Make a volume, or find the one that is there."""
    return answer(await call.verb(volumes.create, call.engine, await call.document()), 201)


async def remove(call: Call) -> web.StreamResponse:
    """Remove a volume that no container mounts."""
    await call.verb(volumes.remove, call.engine, call.word("name"), force=call.flag("force"))
    return nothing()


async def prune(call: Call) -> web.StreamResponse:
    """Remove volumes that no container mounts."""
    return answer(await call.verb(volumes.prune, call.engine, call.filters(), call.version))


async def update(_call: Call) -> web.StreamResponse:
    """Say what Docker says outside a swarm."""
    return failed(503, volumes.CLUSTER)

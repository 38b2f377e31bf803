"""What Docker's swarm answers where there is none."""

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call
from hull.docker.networks import SWARM
from hull.errors import Unsupported


async def refuse(_call: Call) -> web.StreamResponse:
    """Say what Docker says outside a swarm."""
    return failed(503, SWARM)


async def begin(_call: Call) -> web.StreamResponse:
    """Say that there can be none."""
    raise Unsupported(
        "cannot be part of a swarm: hull runs the containers of one machine, and no daemon waits for others"
    )


async def leave(_call: Call) -> web.StreamResponse:
    """Say what Docker says to one who leaves what he is not in."""
    return failed(503, "This node is not part of a swarm")

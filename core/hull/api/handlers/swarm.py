"""What Docker's swarm answers where there is none."""

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call

NONE = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'  # noqa: E501


async def refuse(_call: Call) -> web.StreamResponse:
    """Say what Docker says outside a swarm."""
    return failed(503, NONE)

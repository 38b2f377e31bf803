"""A swarm of one node, what it is asked of many, and what Docker answers where there is none."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from hull.api.app import failed
from hull.api.call import Call, answer, nothing
from hull.docker import swarm, swarm_nodes
from hull.errors import Missing, Unsupported, UserError

ALONE = "hull's swarm has one node, and starts no services"


async def _verb(call: Call, function: Callable[..., Any], *words: Any, **flags: Any) -> Any:
    """Return what a function of hull.docker's swarm returns, or the answer of one that is not in the right state."""
    try:
        return await call.verb(function, call.engine, *words, **flags)
    except swarm.Unavailable as error:
        return failed(503, error.message)


async def _answer(call: Call, function: Callable[..., Any], *words: Any) -> web.StreamResponse:
    found = await _verb(call, function, *words)
    return found if isinstance(found, web.StreamResponse) else answer(found)


async def begin(call: Call) -> web.StreamResponse:
    """Begin a swarm; answer with the node's id."""
    return await _answer(call, swarm.begin, await call.document())


async def leave(call: Call) -> web.StreamResponse:
    """End the swarm."""
    return await _verb(call, swarm.leave, force=call.flag("force")) or nothing(200)


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with the swarm's document."""
    return await _answer(call, swarm.inspect)


async def update(call: Call) -> web.StreamResponse:
    """Change the swarm's spec, make its tokens anew."""
    body = await call.document()
    if call.flag("rotateManagerUnlockKey"):
        raise Unsupported(f"cannot set rotateManagerUnlockKey: {ALONE}, so there is no key")
    return await _verb(call, swarm.update, body, _version(call, "swarm"), call.flag) or nothing(200)


async def key(call: Call) -> web.StreamResponse:
    """Answer that no key locks the swarm."""
    found = await _verb(call, swarm.current)
    return found if isinstance(found, web.StreamResponse) else answer({"UnlockKey": ""})


async def unlock(call: Call) -> web.StreamResponse:
    """Say that it is not locked."""
    found = await _verb(call, swarm.current)
    return found if isinstance(found, web.StreamResponse) else failed(409, "swarm is not locked")


async def join(call: Call) -> web.StreamResponse:
    """Say that nobody is joined."""
    await call.document()
    if await call.verb(swarm.row(call.engine).active):
        return failed(503, swarm.PART)
    raise Unsupported(f"cannot join a swarm: {ALONE}; docker swarm init makes one for overlay networks")


async def nodes(call: Call) -> web.StreamResponse:
    """Answer with the one node."""
    return await _answer(call, swarm_nodes.listed, call.filters())


async def node(call: Call) -> web.StreamResponse:
    """Answer with the node's document."""
    return await _answer(call, swarm_nodes.inspect, call.word("id"))


async def update_node(call: Call) -> web.StreamResponse:
    """Change what was said of the node."""
    words = (call.word("id"), await call.document(), _version(call, "node"))
    return await _verb(call, swarm_nodes.update, *words) or nothing(200)


async def remove_node(call: Call) -> web.StreamResponse:
    """Say that it stays."""
    return await _verb(call, swarm_nodes.remove, call.word("id")) or nothing(200)


async def none(call: Call) -> web.StreamResponse:
    """Answer that there are none of a kind: services, tasks, secrets, configs."""
    found = await _verb(call, swarm.current)
    return found if isinstance(found, web.StreamResponse) else answer([])


async def missing(call: Call) -> web.StreamResponse:
    """Say that this one is not there."""
    found = await _verb(call, swarm.current)
    if isinstance(found, web.StreamResponse):
        return found
    raise Missing(f"{call.word('kind').removesuffix('s')} {call.word('id')} not found")


async def refuse(call: Call) -> web.StreamResponse:
    """Say that no services, secrets or configs can be made."""
    found = await _verb(call, swarm.current)
    if isinstance(found, web.StreamResponse):
        return found
    raise Unsupported(f"cannot create {call.word('kind')}: {ALONE}")


def _version(call: Call, what: str) -> int:
    word = call.text("version")
    if not word.isascii() or not word.isdecimal() or len(word) > 19:  # noqa: PLR2004 (digits of 64 bits)
        raise UserError(f"invalid {what} version '{word[:40]}': a whole number is wanted")
    return int(word)

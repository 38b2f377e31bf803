"""A connection that a handler took."""

import asyncio
import socket

from hull.api import taken as taken_


class Drained(asyncio.Protocol):
    """A protocol whose transport has room."""

    async def drained(self) -> None:
        """Wait for nothing."""


def test_nothing_follows_a_head_that_is_not_read(monkeypatch):
    """docker-py reads a head through a buffer of its own, and loses what came into it along with the head."""
    monkeypatch.setattr(taken_, "HEARD", 60)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    async def talk():
        transport, protocol = await asyncio.get_running_loop().create_connection(Drained, sock=ours)
        taken = taken_.Taken(transport, protocol.drained)
        transport.write(b"head")
        written = asyncio.create_task(taken.write(b"data"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert theirs.recv(99) == b"head"
        await written
        assert theirs.recv(99) == b"data"
        transport.close()

    asyncio.run(asyncio.wait_for(talk(), 30))
    theirs.close()

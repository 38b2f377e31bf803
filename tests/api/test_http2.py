"""The streams of one HTTP/2 connection, without a build."""

import asyncio
import contextlib

from h2.config import H2Configuration
from h2.connection import H2Connection
from hull.api.rpc.http2 import LIST, Mux

LONG = "a" * (LIST // 8)


class Said:
    """A connection at which all has been said already."""

    def __init__(self, data):
        self.data = data
        self.served = asyncio.Event()

    async def read(self):
        """Give what was said, then the end, once that was served."""
        data, self.data = self.data, b""
        if not data:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.served.wait(), 2)
        return data

    async def write(self, data):
        """Take what is answered."""

    def close(self):
        """Let go."""


def test_headers_of_the_size_that_is_announced_are_taken():
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    names = (":method", "POST"), (":scheme", "http"), (":path", "/x"), (":authority", "x")
    client.send_headers(1, [*names, ("long", LONG)], end_stream=True)
    found, said = [], Said(client.data_to_send())

    async def serve(stream):
        found.append(dict(stream.headers).get("long"))
        said.served.set()

    asyncio.run(asyncio.wait_for(Mux(said, client=False, serve=serve).run(), 30))
    assert found == [LONG]

"""A client's ssh agent at a socket of the build's: each connection is a stream to it."""

import asyncio
import contextlib
import os
from typing import Any

from hull.api.rpc.calls import Caller, Failed

KEY = "buildkit.ssh.id"
PIECE = 64 << 10


class Agent:
    """A socket that listens."""

    def __init__(self, server: asyncio.Server, path: str) -> None:
        self._server, self._path = server, path

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)


async def listen(caller: Caller, types: Any, ident: str, path: str) -> Agent:
    """Let whoever connects to `path` talk to the client's agent `ident`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, Failed):
            call = await caller.open("/moby.sshforward.v1.SSH/ForwardAgent", [(KEY, ident)])

            async def forth() -> None:
                while data := await reader.read(PIECE):
                    await call.write(types.Bytes(data=data).SerializeToString())
                await call.stream.end()

            sending = asyncio.ensure_future(forth())
            try:
                async for message in call:
                    writer.write(types.Bytes.FromString(message).data)
                    await writer.drain()
            finally:
                sending.cancel()
                await asyncio.wait({sending})
                with contextlib.suppress(ConnectionError):
                    await call.stream.cancel()
        writer.close()

    return Agent(await asyncio.start_unix_server(serve, path), path)

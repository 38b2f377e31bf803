"""A door for other machines: TCP, and TLS at which both sides show a certificate.

asyncio's own TLS ends a connection with either direction; `docker run -i` sends the end of its input and goes on
reading. So the bytes are deciphered here, into a socket pair whose other end is a connection like any other.
"""

import asyncio
import contextlib
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any, Self

from hull.commands.serve import Tcp
from hull.errors import HostError, UserError

PIECE = 64 << 10
PATIENCE = 10  # seconds for a handshake
GREETED = 256  # handshakes at once: strangers take no more descriptors, the unix socket's clients need some


class Gate:
    """Listens while it is entered; `made` makes the connections."""

    def __init__(self, asked: Tcp, made: Callable[[], asyncio.Protocol]) -> None:
        self._asked = asked
        self._made = made
        self._context = context(asked)
        self._server: asyncio.Server | None = None
        self._strangers = 0

    async def __aenter__(self) -> Self:
        host, port = self._asked.host, self._asked.port
        try:
            self._server = await asyncio.start_server(self._come, host, port, limit=PIECE)
        except OSError as error:
            raise HostError(f"cannot listen at {host}:{port}: {error.strerror}", "--tcp HOST:PORT") from None
        return self

    @property
    def url(self) -> str:
        """Return where it listens."""
        if self._server is None:
            return ""
        host, port, *_ = self._server.sockets[0].getsockname()
        return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(self._context, reader, writer)
        try:
            await self._greet(wire)
            await self._join(wire)
        except (OSError, TimeoutError):  # TLS's own errors are OSErrors
            pass
        finally:
            writer.close()

    async def _greet(self, wire: "Wire") -> None:
        if self._strangers >= GREETED:
            raise ConnectionResetError
        self._strangers += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await wire.greet()
        finally:
            self._strangers -= 1

    async def _join(self, wire: "Wire") -> None:
        """Carry both directions until both have ended, or the server has closed."""
        ours, theirs = socket.socketpair()
        await asyncio.get_running_loop().connect_accepted_socket(self._made, theirs)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=PIECE)
        inward = asyncio.ensure_future(wire.take_in(writer))
        try:
            await wire.send_out(reader)
            if not _hung_up(ours):
                await inward
        finally:
            inward.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await inward
            writer.close()


class Wire:
    """One deciphered connection."""

    def __init__(self, secrets: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._cipher = secrets.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def greet(self) -> None:
        """Shake hands; what is wrong is told to the other side."""
        await self._with_input(self._cipher.do_handshake)

    async def take_in(self, writer: asyncio.StreamWriter) -> None:
        """Pass on what the other side sends, its end too; once it is gone for good, so is `writer`."""
        try:
            while data := await self._with_input(lambda: self._cipher.read(PIECE)):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
            while await self._reader.read(PIECE):
                pass
        finally:
            writer.transport.abort()

    async def send_out(self, reader: asyncio.StreamReader) -> None:
        """Send what `reader` gives, and its end."""
        while data := await reader.read(PIECE):
            self._cipher.write(data)
            await self._flush()
        with contextlib.suppress(ssl.SSLError):  # it wants to see the other side's end, which may come much later
            self._cipher.unwrap()
        await self._flush()

    async def _with_input(self, step: Callable[[], Any]) -> Any:
        """Return what a step gives once enough has come for it."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._reader.read(PIECE)
                if not data:
                    raise ConnectionResetError from None
                self._incoming.write(data)
            finally:
                await self._flush()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            self._writer.write(self._outgoing.read())
            await self._writer.drain()


def context(asked: Tcp) -> ssl.SSLContext:
    """Return what a client must show and what it is shown."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_mode = ssl.CERT_REQUIRED
    try:
        made.load_verify_locations(asked.authority)
    except OSError as error:
        raise _unusable("--tlscacert", asked.authority, error) from None
    try:
        made.load_cert_chain(asked.certificate, asked.key)
    except OSError as error:
        raise _unusable("--tlscert", asked.certificate, error) from None
    return made


def _unusable(flag: str, file: str, error: OSError) -> UserError:
    return UserError(f"cannot use {flag} {file}: {error.strerror or error}", "PEM: certificates, and a key of its own")


def _hung_up(found: socket.socket) -> bool:
    """Whether the other end of a pair is closed, not for one direction only."""
    looking = select.poll()
    looking.register(found, 0)
    return bool(looking.poll(0))

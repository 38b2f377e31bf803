"""A connection that was HTTP and becomes a stream both ways, as attach, exec and a build's session want it."""

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import _ErrInfo

from hull.api.leaving import Leavers
from hull.api.room import Room
from hull.api.taken import Taken
from hull.api.telling import complain
from hull.api.upgrading import Upgrading
from hull.commands._listening import is_own

PATIENCE = 30  # seconds for the head of a request
SOON = 0.05  # seconds
SERVER_ERROR = 500


class Connection(Upgrading):
    """aiohttp's protocol, which gives its connection away when a handler takes it.

    Of a unix socket only its owner's processes and root's are answered. A head must come whole in its time. Who ends
    his direction may still hear the answer; who is gone has his request cancelled.
    """

    __slots__ = ("_ended", "_head", "_leavers", "_room", "_socket", "_taken")

    def __init__(self, leavers: Leavers, room: Room, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._leavers, self._room = leavers, room
        self._taken: Taken | None = None
        self._socket: Any = None
        self._head: asyncio.TimerHandle | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let in whom the socket is for."""
        self._socket = transport.get_extra_info("socket")
        if not _welcome(self._socket):
            self._force_close = True
            self.transport = transport  # type: ignore[assignment]
            transport.abort()  # type: ignore[attr-defined]
            return
        self._room.take(self._socket.fileno())
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take what came, a head's part for so long only."""
        if self._taken is None and self._current_request is None:
            self._expect()
        super().data_received(data)
        if any(isinstance(message, _ErrInfo) for message, _ in self._messages):
            for body in self._bodies():
                if not body.is_eof():  # what is malformed was a part of it: nobody would ever end it
                    self._close = True  # after the answer
                    body.set_exception(web.RequestPayloadError("malformed"))

    @property
    def taken(self) -> bool:
        """Whether a handler has taken it."""
        return self._taken is not None

    def heard(self) -> None:
        """Say that the head has come: a request is on its way."""
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _expect(self) -> None:
        if self._head is None:
            self._head = self._loop.call_later(PATIENCE, self.force_close)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep what was taken, and what is being answered, open the other way; any other connection ends."""
        if self._taken is not None:
            self._taken.feed_eof()
        elif self._waiter is not None and not self._waiter.done():
            return None
        else:
            self._close = self._ended = True  # after the answer
            self._loop.call_soon(self._need_all)
        if self._socket.family == socket.AF_UNIX and self.transport is not None:
            self._leavers.watch(self._socket.fileno(), self.transport.abort)
        return True

    def _need_all(self) -> None:
        """Give up a request whose body has ended too early: nothing of it will come any more."""
        if self._taken is not None or self.transport is None:
            return
        bodies = self._bodies()
        if not bodies:  # between two steps of aiohttp's
            self._loop.call_later(SOON, self._need_all)
        elif not all(body.is_eof() or body.exception() for body in bodies):
            self.transport.abort()

    def _bodies(self) -> list[Any]:
        """Return the bodies of what is being answered and of what waits for it."""
        bodies: list[Any] = [body for _, body in self._messages]
        return bodies if self._current_request is None else [*bodies, self._current_request.content]

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell who took it, who is not interrupted: what came before may not be where it belongs yet."""
        self.heard()
        self._leavers.forget(self._socket.fileno())
        if self._taken is not None:
            self._taken.lose()
            self._task_handler = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no request at all, or a fault of the server's own parts; end an answer that has begun."""
        if begun(request):
            raise ConnectionResetError
        if status >= SERVER_ERROR and not isinstance(exc, ConnectionError):
            complain(request, exc)
        said = json.dumps({"message": (message or str(exc or "failed")).partition("\n")[0]})
        answered = web.Response(body=said.encode() + b"\n", status=status, content_type="application/json")
        answered.force_close()
        return answered

    def log_exception(self, *_: Any, **words: Any) -> None:
        """Say what aiohttp did not expect, in a line; a client that left or sent nonsense is no news."""
        found = words.get("exc_info")
        if not isinstance(found, (ConnectionError, web.RequestPayloadError)):
            sys.stderr.write(f"hull serve: {found!r}\n")

    def take(self, head: bytes) -> Taken:
        """Answer with this head and give the connection away; what came after the request is not lost."""
        transport = self.transport
        if transport is None:
            raise ConnectionResetError
        self._taken = Taken(transport, self._drain_helper)
        self.set_parser(self._taken)  # type: ignore[arg-type]  # all it asks of one is feed_data
        if self._ended:
            self._taken.feed_eof()
        if head:
            transport.write(head)
        return self._taken


class Gone(web.StreamResponse):
    """The answer of a handler that took its connection: everything was said."""

    async def prepare(self, _request: web.BaseRequest) -> None:
        """Send no head: one was sent when the connection was taken."""

    async def write_eof(self, _data: bytes = b"") -> None:
        """Send no body."""

    @property
    def keep_alive(self) -> bool | None:
        """Whether more requests may come: none."""
        return False


def begun(request: web.BaseRequest) -> bool:
    """Whether an answer is on its way already, or the connection is one no more that takes answers."""
    taken = isinstance(request.protocol, Connection) and request.protocol.taken
    return taken or request.writer.output_size > 0


def factory(server: web.Server, leavers: Leavers, room: Room) -> Callable[[], Connection]:
    """Return what makes the connections of a server."""
    loop, options = server._loop, server._kwargs  # noqa: SLF001 (aiohttp has no other door)
    return lambda: Connection(leavers, room, server, loop=loop, **options)


def _welcome(found: Any) -> bool:
    """Whether the other side of a socket may ask: over TLS it has shown a certificate."""
    return found.family != socket.AF_UNIX or is_own(found)

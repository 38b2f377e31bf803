"""Where a request that asks for a stream ends and the stream begins.

aiohttp's parsers know web sockets alone: what follows any other request that upgrades they drop, or read as one more
request. So they are given such a request to its last byte and nothing behind it, which waits until a handler takes the
connection, or is parsed where none does.
"""

from typing import Any

from aiohttp.web_protocol import RequestHandler

HEAD_END = b"\r\n\r\n"


class Upgrading(RequestHandler):
    """aiohttp's protocol, with that done."""

    __slots__ = ("_body", "_left", "_partial", "_upgrades")

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._body: Any = None  # of the request that came last
        self._left = -1  # bytes of it to come, where its head told
        self._upgrades = False
        self._partial = False  # a part of a head has come

    def data_received(self, data: bytes) -> None:
        """Give the parser what is its; nothing lets it go on with what it kept while nobody read."""
        if not data:
            before = self._request_count
            super().data_received(data)
            self._look(self._request_count > before)
        while data:
            if self._payload_parser is not None or self._upgraded:
                super().data_received(data)
                return
            size, before = self._share(data), self._request_count
            if self._body is not None and self._left > 0:
                self._left -= size
            super().data_received(data[:size])
            data = data[size:]
            self._look(self._request_count > before)

    def _share(self, data: bytes) -> int:
        """Return how many bytes are surely the parser's."""
        if self._body is not None and not self._upgrades:
            return len(data)
        if self._left > 0:
            return min(self._left, len(data))
        end = -1 if self._partial or self._body is not None else data.find(HEAD_END)
        if end >= 0:
            return end + len(HEAD_END)
        line = data.find(b"\n") if self._partial or self._body is not None else -1
        return line + 1 if line >= 0 else len(data)

    def _look(self, new: bool) -> None:
        """Note what the parser made of it."""
        if new and self._messages:
            message, self._body = self._messages[-1]
            self._upgrades = bool(getattr(message, "upgrade", False))
            length = getattr(message, "headers", {}).get("Content-Length", "") if self._upgrades else ""
            self._left = int(length) if length.isdecimal() else -1
        self._partial = self._body is None and not new
        if self._body is not None and self._body.is_eof():
            self._body, self._left = None, -1
            if self._upgrades:
                self._upgraded = True

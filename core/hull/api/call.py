"""One request as its handler sees it."""

import json
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from aiohttp import web

from hull.api.documents import parse, read
from hull.api.hijack import Connection, Gone
from hull.api.taken import Taken
from hull.api.work import Work
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import UserError

P = ParamSpec("P")
R = TypeVar("R")

MOST_BODY = 8 << 20  # bytes of JSON
NUMBER = re.compile(r"[+-]?[0-9]{1,18}")  # what 64 bits hold
FALSE = ("", "0", "no", "false", "none")  # as Docker reads a flag; everything else is true


class Call:
    """A request: its path's words, its query, its body; `version` is the one that its path names, or the newest."""

    def __init__(self, request: web.Request, work: Work, version: Version) -> None:
        self.request = request
        self.work = work
        self.version = version

    @property
    def engine(self) -> Engine:
        """The engine of this process: it goes on when its containers start."""
        return self.work.engine

    def word(self, name: str) -> str:
        """Return a word of the path."""
        return self.request.match_info[name]

    def text(self, name: str, usual: str = "") -> str:
        """Return a word of the query."""
        return self.request.query.get(name, usual)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a word of the query that may be said several times."""
        return tuple(self.request.query.getall(name, ()))

    def flag(self, name: str, *, usual: bool = False) -> bool:
        """Return a flag of the query."""
        found = self.request.query.get(name)
        return usual if found is None else found.strip().lower() not in FALSE

    def number(self, name: str, usual: int | None = None) -> int | None:
        """Return a whole number of the query."""
        found = self.request.query.get(name, "")
        if not found:
            return usual
        if not NUMBER.fullmatch(found):
            raise UserError(f"invalid value for {name}: {found[:40]!r} is no whole number")
        return int(found)

    def filters(self) -> dict[str, list[str]]:
        """Return the query's filters: a map to lists or, as older clients write it, to maps of true."""
        found = self._json_word("filters")
        made: dict[str, list[str]] = {}
        for key, values in found.items():
            if isinstance(values, dict):
                made[key] = [str(value) for value, wanted in values.items() if wanted]
            elif isinstance(values, list) and all(isinstance(value, str) for value in values):
                made[key] = values
            else:
                raise UserError(f"invalid filters: {key} is no list of words")
        return made

    def _json_word(self, name: str) -> dict[str, Any]:
        text = self.request.query.get(name, "")
        return read(text, name) if text else {}

    async def body(self) -> bytes:
        """Return the whole body, of a size that bodies of JSON have."""
        made = bytearray()
        async for piece in self.request.content.iter_any():
            made += piece
            if len(made) > MOST_BODY:
                raise web.HTTPRequestEntityTooLarge(MOST_BODY, len(made))
        return bytes(made)

    async def document(self) -> dict[str, Any]:
        """Return the body's JSON object, an empty one where there is no body."""
        return parse(await self.body(), self.request.headers.get("Content-Type", ""))

    async def verb(self, function: Callable[P, R], *words: P.args, **flags: P.kwargs) -> R:
        """Return what a function that may block returns; it runs in a thread."""
        return await self.work.run(lambda: function(*words, **flags))

    async def slow(self, function: Callable[P, R], *words: P.args, **flags: P.kwargs) -> R:
        """Return what a function returns that is as slow as a client, a registry or a program, as `verb`."""
        return await self.work.run(lambda: function(*words, **flags), slow=True)

    async def quick(self, function: Callable[P, R], *words: P.args, **flags: P.kwargs) -> R:
        """Return what a function returns that reads a row and a small file, as `verb`: to wake a thread costs more."""
        return function(*words, **flags) if self.engine.db.free() else await self.verb(function, *words, **flags)

    @property
    def upgrades(self) -> bool:
        """Whether the client asks by its headers for a stream; older ones expect one anyway."""
        found = self.request.headers
        return bool(found.get("Upgrade")) and "upgrade" in found.get("Connection", "").lower()

    def take(self, media_type: str = "application/vnd.docker.raw-stream") -> Taken:
        """Answer that the connection is a stream from here on, and take it; return `over` at the end."""
        connection = self.request.protocol
        if not isinstance(connection, Connection):
            raise TypeError("the connection is not one of ours")
        if self.upgrades:
            lines = ["HTTP/1.1 101 UPGRADED", f"Content-Type: {media_type}", "Connection: Upgrade", "Upgrade: tcp"]
            lines[-1] = f"Upgrade: {'h2c' if self.request.headers['Upgrade'] == 'h2c' else 'tcp'}"
        else:
            lines = ["HTTP/1.1 200 OK", f"Content-Type: {media_type}"]
        return connection.take("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def over(self) -> web.StreamResponse:
        """Return the answer of who took the connection."""
        return Gone()


def answer(value: Any, status: int = 200) -> web.Response:
    """Return a JSON answer, as Docker writes it: a line, its type without a charset."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"
    body = text.encode("utf-8", "surrogateescape")
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


def nothing(status: int = 204) -> web.Response:
    """Return an answer without a body."""
    return web.Response(status=status)

"""The table of routes as an application of aiohttp: versions, error bodies, headers."""

import importlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hull.api.call import Call
from hull.api.hijack import Connection, begun
from hull.api.routes import TABLE, Route
from hull.api.telling import complain
from hull.api.work import Work
from hull.docker.versions import NEWEST, OLDEST, Version, read
from hull.errors import Conflict, HullError, Missing, Unsupported, UserError

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATUS: tuple[tuple[type[HullError], int], ...] = (
    (Missing, 404), (Conflict, 409), (Unsupported, 501), (UserError, 400), (HullError, 500),
)  # fmt: skip
NOT_HERE = (404, 405)  # Docker knows no path with this method, so it has no such page


def make(work: Work) -> web.Application:
    """Return the application; each route is there with a version before it and without."""
    app = web.Application(middlewares=[_guarded(work)])
    for route in TABLE:
        handler = _handler(route, work)
        for path in (route.path, f"/v{{version:[^/]+}}{route.path}"):
            app.router.add_route(route.method, path, handler)
    return app


def _handler(route: Route, work: Work) -> Answer:
    async def handle(request: web.Request) -> web.StreamResponse:
        version = _version(request, route)
        module, _, name = route.handler.partition(":")
        found = getattr(importlib.import_module(f"hull.api.handlers.{module}"), name)
        answered: web.StreamResponse = await found(Call(request, work, version))
        return answered

    return handle


def _version(request: web.Request, route: Route) -> Version:
    text = request.match_info.get("version")
    if text is None:
        return Version(*NEWEST)
    version = read(text)
    newest, oldest = Version(*NEWEST), Version(*OLDEST)
    if version is None:
        raise UserError(f"invalid API version {text!r}")
    if version < oldest:
        raise UserError(
            f"client version {version} is too old. Minimum supported API version is {oldest}, "
            "please upgrade your client to a newer version"
        )
    if version > newest:
        raise UserError(f"client version {version} is too new. Maximum supported API version is {newest}")
    if version < route.since:
        raise Missing("page not found")
    return version


def _guarded(work: Work) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Answer) -> web.StreamResponse:
        work.enter()
        try:
            heard(request)
            answered = await handler(request)
        except ConnectionError:
            raise
        except Exception as error:
            answered = refusal(request, error)
            if begun(request):
                raise ConnectionResetError from error  # a second head would be read as a part of the answer
        finally:
            work.leave()
        if not answered.prepared:
            answered.headers.update(headers())
        return answered

    return guard


def refusal(request: web.Request, error: Exception) -> web.Response:
    """Return the answer to a request that failed."""
    if isinstance(error, web.HTTPException):
        absent = error.status in NOT_HERE
        return failed(404 if absent else error.status, "page not found" if absent else error.reason)
    if isinstance(error, HullError):
        return failed(status_of(error), told(error))
    if isinstance(error, UnicodeError | OverflowError | web.RequestPayloadError):
        return failed(400, f"invalid request: {error}")
    complain(request, error)
    return failed(500, f"hull failed: {type(error).__name__}: {error}")


def heard(request: web.Request) -> None:
    """Take it that a head has come whole; refuse one that no name, path or word can be made of."""
    if isinstance(request.protocol, Connection):
        request.protocol.heard()
    if "\0" in request.path or "%00" in request.query_string:
        raise UserError("invalid request: a NUL in its words")


def headers() -> dict[str, str]:
    """Return what every answer says of who gives it."""
    from hull import __version__

    newest = Version(*NEWEST)
    return {"Api-Version": str(newest), "Docker-Experimental": "false", "Ostype": "linux",
            "Server": f"hull/{__version__} (linux)"}  # fmt: skip


def failed(status: int, message: str) -> web.Response:
    """Return an error's answer, in Docker's shape."""
    return web.Response(
        body=json.dumps({"message": message}).encode() + b"\n",
        status=status,
        headers={"Content-Type": "application/json"},
    )


def status_of(error: HullError) -> int:
    """Return the HTTP status of a failure."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def told(error: HullError) -> str:
    """Return a failure's words: Docker's clients print them after `Error response from daemon: `.

    Of what is missing they look at the words: they are Docker's, and those alone.
    """
    if isinstance(error, Missing):
        return error.message[:1].upper() + error.message[1:] if error.message.startswith("no such") else error.message
    return f"{error.message} (the fix: {error.hint})" if error.hint else error.message

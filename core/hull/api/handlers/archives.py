"""A container's files as tars, both ways."""

import base64
import json
from typing import Any

from aiohttp import web

from hull.api.bodies import Incoming, pour
from hull.api.call import Call, nothing
from hull.docker import archives

STAT = "X-Docker-Container-Path-Stat"
TAR = "application/x-tar"


async def head(call: Call) -> web.StreamResponse:
    """Say what is at a path."""
    _, found = await call.verb(archives.look, call.engine, call.word("id"), call.text("path"))
    return web.Response(headers=_said(found))


async def get(call: Call) -> web.StreamResponse:
    """Answer with a file or a directory."""
    row, found = await call.verb(archives.look, call.engine, call.word("id"), call.text("path"))
    return await pour(call, lambda: archives.pack(call.engine, row, call.text("path")), TAR, headers=_said(found))


async def put(call: Call) -> web.StreamResponse:
    """Unpack the body into a directory."""
    how = archives.How(users=call.flag("copyUIDGID"), rigid=call.flag("noOverwriteDirNonDir"))
    await call.slow(archives.unpack, call.engine, call.word("id"), call.text("path"), Incoming(call), how)
    return nothing(200)


async def export(call: Call) -> web.StreamResponse:
    """Answer with all files of a container."""
    row = await call.verb(call.engine.containers.find, call.word("id"))
    return await pour(call, lambda: archives.export(call.engine, row), "application/octet-stream")


def _said(found: dict[str, Any]) -> dict[str, str]:
    return {STAT: base64.b64encode(json.dumps(found, separators=(",", ":")).encode()).decode()}

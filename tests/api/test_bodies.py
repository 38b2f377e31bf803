"""Bodies between the event loop and a thread: whole, or seen not to be."""

import asyncio
import types

from aiohttp import web
from hull.api import bodies
from hull.api.bodies import PIECE, Incoming, pour
from hull.errors import UserError


def spoken(handler, sent, path):
    """Return all that a client hears that sends these bytes to a server of one handler."""

    async def run():
        runner = web.AppRunner(web.Application(middlewares=[quiet]), access_log=None)
        runner.app.router.add_route("*", "/", handler)
        await runner.setup()
        await web.UnixSite(runner, path).start()
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(sent)
        heard = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        await runner.cleanup()
        return heard

    return asyncio.run(run())


@web.middleware
async def quiet(request, handler):
    """Answer as the server does where a thread failed before the first byte."""
    try:
        return await handler(request)
    except UserError as error:
        return web.Response(status=400, text=error.message)


def call(request):
    async def verb(function, *words):
        return await asyncio.get_running_loop().run_in_executor(None, function, *words)

    return types.SimpleNamespace(request=request, verb=verb, slow=verb)


def pouring(*pieces, error=None):
    def make():
        yield from pieces
        if error is not None:
            raise error

    async def handler(request):
        return await pour(call(request), make, "x/y")

    return handler


GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
END = b"\r\n0\r\n\r\n"


def test_what_is_poured_arrives_whole(tmp_path):
    heard = spoken(pouring(b"1" * PIECE, b"2"), GET, f"{tmp_path}/s")
    head, _, body = heard.partition(b"\r\n\r\n")
    assert b"Content-Type: x/y" in head
    assert (body.count(b"1") >= PIECE, body.endswith(b"2" + END)) == (True, True)


def test_what_fails_at_once_is_an_answer(tmp_path):
    heard = spoken(pouring(error=UserError("there is none")), GET, f"{tmp_path}/s")
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert heard.endswith(b"there is none")


def test_what_fails_on_the_way_has_no_end(tmp_path):
    heard = spoken(pouring(b"1" * PIECE, error=UserError("no more")), GET, f"{tmp_path}/s")
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert not heard.endswith(END)
    assert b"no more" not in heard


def test_a_body_is_read_in_any_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(bodies, "PIECE", 4)

    async def handler(request):
        body = Incoming(call(request))
        read = await call(request).verb(lambda: [body.read(1), body.read(100), body.read(), body.read(5), body.count])
        return web.Response(text=repr(read))

    sent = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789"
    heard = spoken(handler, sent, f"{tmp_path}/s").partition(b"\r\n\r\n")[2]
    first, second, rest, none, count = eval(heard)
    assert (first, first + second + rest, none, count) == (b"0", b"0123456789", b"", 10)

"""Bytes that are sent along with a request for a stream, whatever parser there is and wherever they are cut."""

import asyncio
import json
import os
import socket

import pytest
from aiohttp import web
from hull.api.upgrading import Upgrading

from tests.api.serving import Server
from tests.commandline import CommandLine

BODY = json.dumps({"Detach": False, "Tty": False}).encode()


@pytest.fixture(scope="module", params=["", "1"], ids=["c", "python"])
def either(request, cli: CommandLine):
    """Give a server by aiohttp's compiled parser, and one by its other."""
    made = Server(cli, env=cli.env(AIOHTTP_NO_EXTENSIONS=request.param))
    name = f"upgrading{request.param}"
    cli("run", "-d", "--name", name, "busybox", "sleep", "1000", check=True)
    yield made, name
    cli("rm", "-f", name)
    made.close()


def made(server: Server, name: str, *words: str, **more: object) -> str:
    reply = server.request(
        "POST", f"/containers/{name}/exec", {"Cmd": words, "AttachStdin": True, "AttachStdout": True, **more}
    )
    assert reply.status == 201
    return str(reply.json["Id"])


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: hull", *lines, "", ""]).encode()


def whole(connection: socket.socket) -> bytes:
    found = b""
    while piece := connection.recv(65536):
        found += piece
    return found


TYPE = "Content-Type: application/json"


def unframed(stream: bytes) -> bytes:
    """Return what the frames of standard output hold."""
    found = b""
    while stream:
        kind, size = stream[0], int.from_bytes(stream[4:8], "big")
        assert kind == 1
        found, stream = found + stream[8 : 8 + size], stream[8 + size :]
    return found


UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")
SIZED = (f"Content-Length: {len(BODY)}", BODY)
CHUNKED = ("Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))


@pytest.mark.parametrize(("line", "body"), [SIZED, CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("cut", ["nowhere", "after each byte", "behind the head"])
def test_what_is_sent_along_reaches_the_program(either, line, body, cut):
    server, name = either
    request = head(f"/v1.45/exec/{made(server, name, 'cat')}/start", *UPGRADE, TYPE, line)
    given = b"GET / HTTP/1.1\r\n\r\nof the stream\n"
    sent = request + body + given
    pieces = {"nowhere": [sent], "after each byte": [sent[i : i + 1] for i in range(len(sent))],
              "behind the head": [request, body + given]}[cut]  # fmt: skip
    with server.connect() as connection:
        connection.settimeout(20)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        answer, _, stream = whole(connection).partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 UPGRADED")
    assert unframed(stream) == given


def test_a_client_that_does_not_upgrade_has_the_stream_anyway(either):
    server, name = either
    request = head(
        f"/v1.24/exec/{made(server, name, 'sh', '-c', 'cat; echo end')}/start",
        TYPE,
        SIZED[0],
    )
    with server.connect() as connection:
        connection.settimeout(20)
        connection.sendall(request + BODY)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        connection.sendall(b"text\n")
        connection.shutdown(socket.SHUT_WR)
        found = whole(connection)
    assert b"text\n" in found
    assert found.endswith(b"end\n")


def test_an_upgrade_that_is_refused_leaves_the_connection_to_more_requests(either):
    server, _ = either
    asked = (
        head("/exec/none/start", *UPGRADE, TYPE, SIZED[0])
        + BODY
        + b"GET /_ping HTTP/1.1\r\nHost: hull\r\nConnection: close\r\n\r\n"
    )
    with server.connect() as connection:
        connection.settimeout(20)
        connection.sendall(asked)
        found = whole(connection)
    assert found.startswith(b"HTTP/1.1 404 ")
    assert b"HTTP/1.1 200 OK" in found
    assert found.endswith(b"OK")


def test_a_megabyte_sent_along_arrives(either):
    server, name = either
    request = head(f"/v1.45/exec/{made(server, name, 'sh', '-c', 'wc -c')}/start", *UPGRADE, TYPE, SIZED[0])
    blob = os.urandom(1 << 20)
    with server.connect() as connection:
        connection.settimeout(20)
        connection.sendall(request + BODY + blob)
        connection.shutdown(socket.SHUT_WR)
        assert whole(connection).endswith(b"1048576\n")


async def length(request):
    """Return the length of a body of any size."""
    return sum([len(piece) async for piece in request.content.iter_any()])


class Noting(Upgrading):
    """One that says when it reads no more, because nobody takes what is there."""

    __slots__ = ("paused",)

    def pause_reading(self):
        super().pause_reading()
        self.paused.set()


@pytest.mark.parametrize("size", [(512 << 10) + 1, 4 << 20])  # its last byte is the first too many
def test_a_body_that_is_read_later_than_it_comes_arrives_whole(tmp_path, size):
    """The parser keeps what it has while nobody reads, its end too, and is told to go on without new bytes."""

    async def talk():
        loop, paused = asyncio.get_running_loop(), asyncio.Event()

        async def answer(request):
            await paused.wait()
            return web.Response(text=str(await length(request)))

        def made():
            protocol = Noting(server, loop=loop)
            protocol.paused = paused
            return protocol

        server = web.Server(answer)
        listening = await loop.create_unix_server(made, f"{tmp_path}/s")
        reader, writer = await asyncio.open_unix_connection(f"{tmp_path}/s")
        said = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
        writer.write(said.encode() + bytes(size))
        found = await reader.read()
        writer.close()
        listening.close()
        await server.shutdown()
        return found

    assert asyncio.run(asyncio.wait_for(talk(), 60)).endswith(str(size).encode())

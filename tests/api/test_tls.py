"""TCP: certificates on both sides, and either direction's end on its own."""

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import tempfile

import pytest
from hull import trust
from hull.api import tls
from hull.api.tls import Gate, context
from hull.commands.serve import Tcp
from hull.errors import UserError

from tests.api.certificates import Certificates
from tests.api.serving import Server
from tests.waiting import until

pytestmark = pytest.mark.needs("program:openssl")
PIECES = [bytes([n]) * 70_000 for n in range(40)]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(str(tmp_path_factory.mktemp("tls")))


def _door(certificates):
    return Tcp("127.0.0.1", 0, *map(certificates.file, ("ca", "cert", "key")))


def _client(certificates, prefix=""):
    with open(certificates.file("ca")) as file:
        made = trust.verifying(file.read())
    if prefix is not None:
        made.load_cert_chain(certificates.file(f"{prefix}cert"), certificates.file(f"{prefix}key"))
    return made


class Late(asyncio.Protocol):
    """Gives back everything at once, after the end of what comes."""

    def __init__(self):
        self.got = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.got += data

    def eof_received(self):
        self.transport.write(self.got)
        self.transport.close()


def test_what_follows_the_end_of_the_input_is_not_lost(certificates):
    async def run():
        async with Gate(_door(certificates), Late) as gate:
            return await asyncio.to_thread(_ask, gate.url, certificates)

    assert asyncio.run(asyncio.wait_for(run(), 60)) == b"".join(PIECES)


def _ask(url, certificates):
    """Send all, say that no more comes, and read on: asyncio's and ssl's own sockets cannot."""
    host, port = url.removeprefix("tcp://").split(":")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    cipher = _client(certificates).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection((host, int(port)), timeout=30) as wire:

        def step(act):
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    wire.sendall(outgoing.read())
                    incoming.write(wire.recv(100_000))

        step(cipher.do_handshake)
        for piece in PIECES:
            cipher.write(piece)
            wire.sendall(outgoing.read())
        with pytest.raises(ssl.SSLWantReadError):
            cipher.unwrap()
        wire.sendall(outgoing.read())
        got = b""
        with contextlib.suppress(ssl.SSLZeroReturnError):  # the end that the other side said
            while True:
                got += step(lambda: cipher.read(100_000))
        return got


@pytest.mark.parametrize("prefix", ["stranger-", None])
def test_who_shows_no_certificate_of_the_authoritys_is_not_answered(certificates, prefix):
    asked = []

    class Asked(asyncio.Protocol):
        def connection_made(self, transport):
            asked.append(transport)

    def ask(url):
        host, port = url.removeprefix("tcp://").split(":")
        secrets = _client(certificates, prefix)
        refused = pytest.raises((ssl.SSLError, ConnectionError))
        with socket.create_connection((host, int(port)), timeout=30) as wire, refused:
            _exchange(secrets.wrap_socket(wire, server_hostname="localhost"))

    async def run():
        async with Gate(_door(certificates), Asked) as gate:
            await asyncio.to_thread(ask, gate.url)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert asked == []


def test_strangers_who_say_nothing_do_not_fill_the_server(certificates, monkeypatch):
    monkeypatch.setattr(tls, "GREETED", 2)

    async def run():
        async with Gate(_door(certificates), Late) as gate:
            host, port = gate.url.removeprefix("tcp://").split(":")
            silent = [await asyncio.open_connection(host, port) for _ in range(2)]
            reader, writer = await asyncio.open_connection(host, port)
            assert await reader.read() == b"", "one too many is let go at once"
            writer.close()
            for _, one in silent:
                one.close()
            while gate._strangers:  # noqa: ASYNC110 (what it looks at tells nobody)
                await asyncio.sleep(0.005)
            return await asyncio.to_thread(_ask, gate.url, certificates)

    assert asyncio.run(asyncio.wait_for(run(), 60)) == b"".join(PIECES)


def _exchange(made):
    made.sendall(b"GET /_ping HTTP/1.1\r\n\r\n")
    made.recv(100)


def test_it_speaks_nothing_older_than_tls_1_2(certificates):
    made = context(_door(certificates))
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.verify_mode == ssl.CERT_REQUIRED


def test_a_file_that_is_none_is_named(certificates, tmp_path):
    (tmp_path / "no.pem").write_text("no\n")
    with pytest.raises(UserError, match=r"cannot use --tlscacert .*no\.pem"):
        context(_door(certificates)._replace(authority=f"{tmp_path}/no.pem"))
    with pytest.raises(UserError, match=r"cannot use --tlscert .*absent\.pem: No such file"):
        context(_door(certificates)._replace(certificate=f"{tmp_path}/absent.pem"))


@pytest.mark.needs("program:docker")
def test_the_docker_client_runs_a_filter_over_it(cli, certificates):
    flags = [
        f"--tls{flag}={certificates.file(name)}" for flag, name in (("cacert", "ca"), ("cert", "cert"), ("key", "key"))
    ]
    server = Server(cli, "--tcp=127.0.0.1:0", *flags)
    url = server.process.stdout.readline().decode().split()[2].rstrip(",")
    words = ["-H", url, "--tlsverify", *flags, "run", "-i", "--rm", "busybox", "sh", "-c", "cat; echo end"]
    env = {name: value for name, value in server.env().items() if name != "DOCKER_HOST"}
    done = server.docker(*words, env=env, input=b"".join(PIECES), check=True)
    server.close()
    assert done.stdout == b"".join(PIECES) + b"end\n"


def test_one_that_is_left_to_itself_has_it_too(cli, certificates):
    """Who starts it has read the first of its two lines, and reads no more."""
    files = [
        f"--tls{name}={file}" for name, file in zip(("cacert", "cert", "key"), _door(certificates)[2:], strict=True)
    ]
    home = tempfile.mkdtemp(prefix="api-", dir=os.path.dirname(cli.root))
    path = f"{home}/d.sock"
    started = cli("serve", "-d", "-H", f"unix://{path}", "--idle=1", "--tcp=127.0.0.1:0", *files, check=True)
    assert started.stdout == f"export DOCKER_HOST=unix://{path}\n".encode()
    until(lambda: not os.path.exists(path), "its end after the idle time")
    shutil.rmtree(home)

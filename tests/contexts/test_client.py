"""What a client makes of engines and bodies that misbehave: a server of the test's own, one answer each."""

import pathlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
from hull import trust
from hull.contexts.client import Client
from hull.contexts.context import DOCKER, Context
from hull.contexts.tunnel import Tunnel
from hull.errors import HostError, UserError
from hull.remote.there import There
from hull.remote.waiting import Waiting

from tests.api.certificates import Certificates

Serve = Callable[[bytes], Client]


@pytest.fixture
def engine(tmp_path: pathlib.Path) -> Iterator[Serve]:
    """Give a way to serve one answer to whoever asks, with none to read to the end; the client speaks 1.40."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{tmp_path}/s")
    listener.listen()

    def start(answer: bytes) -> Client:
        def work() -> None:
            try:
                while True:
                    sock, _ = listener.accept()
                    with sock:
                        while sock.recv(1 << 16) and not answer:
                            pass
                        sock.sendall(answer)
            except OSError:
                return

        threading.Thread(target=work, daemon=True).start()
        client = Client(Context("c", f"unix://{tmp_path}/s", DOCKER), str(tmp_path))
        client._version = "1.40"
        return client

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied", "/f"), UserError("cannot read /f")])
def test_what_reading_a_body_raises_is_no_fault_of_the_engine(engine: Serve, fault: Exception) -> None:
    def body() -> Iterator[bytes]:
        yield b"some"
        raise fault

    with pytest.raises(type(fault)) as raised:
        engine(b"").call("POST", "/build", None, body())
    assert raised.value is fault


def test_an_answer_that_is_no_json_is_told(engine: Serve) -> None:
    client = engine(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\noops")
    with pytest.raises(HostError, match="cannot read what c answers to /info"):
        client.json("GET", "/info")


def test_an_answer_that_breaks_off_is_told(engine: Serve) -> None:
    client = engine(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    with pytest.raises(HostError, match="the engine broke off"):
        list(client.call("GET", "/images/get").chunks())


def test_an_end_without_an_exit_code_is_no_success(engine: Serve) -> None:
    there = There(Context("c"), "", lambda _event: None)
    there.client = engine(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises(HostError, match="told no exit code"):
        Waiting(there, "f00", "next-exit").code()


def test_whoever_writes_through_tls_hears_that_the_other_side_is_gone(tmp_path: pathlib.Path) -> None:
    made = Certificates.make(str(tmp_path))
    secrets = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secrets.load_cert_chain(made.file("cert"), made.file("key"))
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        sock, _ = listener.accept()
        with secrets.wrap_socket(sock, server_side=True) as wrapped:
            wrapped.recv(1)

    thread = threading.Thread(target=greet)
    thread.start()
    wire = socket.create_connection(listener.getsockname())
    tunnel = Tunnel(wire, trust.verifying(pathlib.Path(made.file("ca")).read_text()), "localhost")
    tunnel.sock.settimeout(20)
    with pytest.raises(BrokenPipeError):
        tunnel.sock.sendall(bytes(1 << 26))  # more than all buffers between
    thread.join()
    tunnel.close()
    listener.close()

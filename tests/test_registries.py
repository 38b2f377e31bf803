"""The stub: it takes it calmly when its client goes away, and says what else goes wrong."""

import socket
import struct
import threading

import pytest

from tests import registries
from tests.registries import Reply, Request

RESET = struct.pack("ii", 1, 0)  # closing resets the connection
ASK = b"GET /v2/ HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


def ask(address: str, gone: threading.Event | None) -> None:
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), 10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.sendall(ASK)
        if gone is None:
            client.recv(1)
    if gone is not None:
        gone.set()


def test_a_client_that_goes_away_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    gone, asked = threading.Event(), threading.Event()
    threads = []

    def answer(_: Request) -> Reply:
        threads.append(threading.current_thread())
        asked.set()
        assert gone.wait(10)
        return Reply(200, b"x" * (8 << 20))

    with registries.served(answer) as stub:
        ask(stub.address, gone)
        assert asked.wait(10)
        threads[0].join(10)
        assert not threads[0].is_alive()
    assert capsys.readouterr().err == ""


def test_an_answer_that_fails_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(_: Request) -> Reply:
        raise RuntimeError("broken stub")

    with registries.served(answer) as stub:
        ask(stub.address, None)
    assert "broken stub" in capsys.readouterr().err

"""Clients that mean no good, or have bugs: no crash, no traceback, and the next one is answered."""

import contextlib
import json
import os
import re
import resource
import socket

import pytest

from tests import waiting

HOST = b"Host: hull\r\n"
CLOSE = b"Connection: close\r\n\r\n"
LISTENERS = 1000


def exchange(server, *pieces, end=False):
    """Send the pieces; return all that comes until the server closes."""
    with server.connect() as raw:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                raw.sendall(piece)
            if end:
                raw.shutdown(socket.SHUT_WR)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while data := raw.recv(65536):
                got += data
        return got


def statuses(answers):
    return [int(number) for number in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", answers)]


def documents(answers):
    return [json.loads(found) for found in re.findall(rb'^\{"message":.*\}$', answers, re.MULTILINE)]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
        b"GET /_ping HTTP/9.9\r\n" + HOST + CLOSE,
        b"GET /_ping HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + CLOSE,
        b"GET /_ping HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 300_000 + b"\r\n" + CLOSE,
        b"GET /_ping HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 400 + CLOSE,
        b"POST /containers/create HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n" + CLOSE,
        b"POST /containers/create HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" + CLOSE,
        b"POST /containers/create HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999999\r\n" + CLOSE,
        b"POST /containers/create HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n" + CLOSE + b"zz\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_its_connection_closed(server, sent):
    got = exchange(server, sent, end=True)
    assert statuses(got) == [400], got
    assert len(documents(got)) == 1
    assert server.request("GET", "/_ping").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "//_ping", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/containers/..%2F..%2Fetc%2Fpasswd/json", 404),
        ("GET", "/containers/%2e%2e/json", 404),
        ("GET", "/containers/a%00b/json", 400),
        ("GET", "/volumes/%00", 400),
        ("GET", "/images/json?filters=%00", 400),
        ("GET", "/images/json?filters=%7B", 400),
        ("GET", "/images/json?filters=%5B%5D", 400),
        ("GET", "/containers/json?limit=" + "9" * 400, 400),
        ("GET", "/containers/" + "a" * 60_000 + "/json", 404),
        ("GET", "/containers/%ff%fe/json", 404),
        ("GET", "/volumes/..%2F..%2Fhull.db", 404),
        ("OPTIONS", "/_ping", 404),
        ("PATCH", "/containers/json", 404),
        ("DELETE", "/_ping", 404),
        ("GET", "http://elsewhere/_ping", 200),
    ],
)
def test_odd_paths_are_answered_as_such(server, method, path, status):
    got = exchange(server, f"{method} {path} HTTP/1.1\r\n".encode() + HOST + CLOSE)
    assert statuses(got) == [status], got
    assert status == 200 or documents(got)[0]["message"]


def test_long_words_that_clients_do_send_are_taken(server):
    settings = b"X-Registry-Config: " + b"a" * 200_000 + b"\r\n"
    filters = b"%20" * 20_000
    got = exchange(server, b"GET /_ping?x=" + filters + b" HTTP/1.1\r\n" + HOST + settings + CLOSE)
    assert statuses(got) == [200]


def test_requests_sent_in_one_go_are_answered_in_turn(server):
    one = b"GET /_ping HTTP/1.1\r\n" + HOST + b"\r\n"
    got = exchange(server, one + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + one[:-2] + CLOSE)
    assert statuses(got) == [200, 404, 200]


def test_who_sends_no_more_still_hears_the_answer(server):
    assert statuses(exchange(server, b"GET /_ping HTTP/1.1\r\n" + HOST + b"\r\n", end=True)) == [200]
    short = (
        b"POST /containers/create HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 100\r\n"
    )
    assert exchange(server, short + b'\r\n{"Image":', end=True) in (b"", b"HTTP/1.1 400 Bad Request")


def test_a_body_that_is_too_large_is_not_read(server):
    head = (
        b"POST /containers/create HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: application/json\r\nContent-Length: 9000000\r\n"
    )
    got = exchange(server, head + CLOSE, b" " * 9_000_000)
    assert statuses(got) in ([413], [])
    assert server.request("GET", "/_ping").status == 200


def test_rude_clients_leave_nothing_in_the_server(server):
    """Two hundred that go in the middle of something: descriptors and threads are as before."""
    lengthy = b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    pieces = [
        b"",
        b"GE",
        b"GET /_ping HTTP/1.1\r\n" + HOST,
        b"GET /_ping HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /containers/create HTTP/1.1\r\n" + HOST + lengthy + b"{",
        b"POST /hull/hold HTTP/1.1\r\n" + HOST + b"\r\nmore",
        b"POST /images/load HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /containers/absent/attach?stream=1 HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        b"GET /images/json HTTP/1.1\r\n" + HOST + b"\r\n" * 2,
    ]
    assert server.request("POST", "/images/load", b"nonsense").status  # what unpacks is there from here on
    before = _held(server)
    for number in range(200):
        raw = server.connect()
        raw.sendall(pieces[number % len(pieces)])
        if number % 3 == 0:
            raw.shutdown(socket.SHUT_WR)
        raw.close()
    assert server.request("GET", "/_ping").status == 200
    # Beside what 20 of each kind would leave: what is being made ready for the next start.
    waiting.until(lambda: _held(server) < before + 5, lambda: f"{_held(server)} descriptors, {before} before")


@pytest.mark.serial
def test_a_thousand_listeners_cost_little(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * LISTENERS:
        pytest.skip("needs descriptors: the hard limit is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * LISTENERS), hard))
    server.request("GET", "/_ping")
    before, threads = _resident(server), _threads(server)
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(server.connect()) for _ in range(LISTENERS)]
        for raw in raws:
            raw.sendall(b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n")
        assert all(raw.recv(100).startswith(b"HTTP/1.1 200 ") for raw in raws)
        each = (_resident(server) - before) / LISTENERS
        assert _threads(server) <= threads + 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert each < 40, f"{each} KiB a listener"


def _threads(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


def _held(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def _resident(server):
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

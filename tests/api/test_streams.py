"""What flows between a client and a program: by attach, by exec, by the log; nothing lost, nothing left behind."""

import hashlib
import json
import os
import pty
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.api.serving import Server
from tests.waiting import until

docker = pytest.mark.needs("program:docker")
TTY = {"Tty": True, "OpenStdin": True, "StdinOnce": True}


def frames(stream: bytes) -> list[tuple[int, bytes]]:
    """Return a stream's frames."""
    found = []
    while stream:
        size = int.from_bytes(stream[4:8], "big")
        found.append((stream[0], stream[8 : 8 + size]))
        stream = stream[8 + size :]
    return found


def output(stream: bytes, number: int = 1) -> bytes:
    """Return what the frames of one stream hold."""
    return b"".join(data for kind, data in frames(stream) if kind == number)


class Taken:
    """A connection that has become a stream."""

    def __init__(self, server: Server, path: str, body: object = None) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", "Host: hull", "Connection: Upgrade", "Upgrade: tcp",
                 "Content-Type: application/json", f"Content-Length: {len(text)}", "", ""]  # fmt: skip
        self.wire = server.connect()
        self.wire.sendall("\r\n".join(lines).encode() + text)
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            piece = self.wire.recv(1)
            assert piece, self.head
            self.head += piece

    def whole(self) -> bytes:
        """Return what comes to its end."""
        found = b""
        while piece := self.wire.recv(1 << 16):
            found += piece
        return found

    def upto(self, wanted: bytes) -> bytes:
        """Return what comes until that is in it."""
        found = b""
        while wanted not in found:
            piece = self.wire.recv(1 << 16)
            assert piece, found
            found += piece
        return found


@pytest.fixture
def made(server: Server) -> Iterator[Callable[..., str]]:
    """Make containers over the API; they are gone when the test is over."""
    idents: list[str] = []

    def make(*words: str, **config: object) -> str:
        reply = server.request("POST", "/containers/create", {"Image": "busybox", "Cmd": words, **config})
        assert reply.status == 201, reply.body
        idents.append(reply.json["Id"])
        return idents[-1]

    yield make
    for ident in idents:
        server.request("DELETE", f"/containers/{ident}?force=1&v=1")


def start(server: Server, ident: str) -> None:
    assert server.request("POST", f"/containers/{ident}/start").status == 204


def attached(server: Server, ident: str, query: str = "stream=1&stdin=1&stdout=1&stderr=1") -> Taken:
    return Taken(server, f"/v1.45/containers/{ident}/attach?{query}")


def executed(server: Server, ident: str, *words: str, start: object = None, **more: object) -> tuple[str, Taken]:
    body = {"Cmd": words, "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, **more}
    reply = server.request("POST", f"/containers/{ident}/exec", body)
    assert reply.status == 201, reply.body
    return reply.json["Id"], Taken(server, f"/v1.45/exec/{reply.json['Id']}/start", start or {"Detach": False})


def ended(server: Server, exec_id: str) -> object:
    def code() -> object:
        found = server.request("GET", f"/exec/{exec_id}/json").json
        return None if found["Running"] else [found["ExitCode"]]

    return until(code, "the exec's end")[0]


def test_what_attaches_before_the_start_has_the_first_byte_and_the_last(server, made) -> None:
    ident = made("sh", "-c", "cat; echo end >&2; exit 3", OpenStdin=True, StdinOnce=True, AttachStdin=True)
    stream = attached(server, ident)
    assert b"101 UPGRADED" in stream.head
    assert b"application/vnd.docker.multiplexed-stream" in stream.head
    waiting: list[object] = []
    waiter = threading.Thread(
        target=lambda: waiting.append(server.request("POST", f"/containers/{ident}/wait?condition=next-exit").json)
    )
    waiter.start()
    blob = os.urandom(1 << 20)
    sender = threading.Thread(target=lambda: (stream.wire.sendall(blob), stream.wire.shutdown(socket.SHUT_WR)))
    sender.start()
    start(server, ident)
    found = stream.whole()
    assert (output(found), output(found, 2)) == (blob, b"end\n")
    waiter.join(60)
    sender.join(60)
    assert waiting == [{"StatusCode": 3}]


def test_one_that_is_at_one_stream_does_not_see_the_other(server, made) -> None:
    ident = made("sh", "-c", "echo out; echo err >&2")
    stream = attached(server, ident, "stream=1&stderr=1")
    start(server, ident)
    assert frames(stream.whole()) == [(2, b"err\n")]


def test_a_client_that_leaves_stops_nothing_and_the_keys_detach(server, made) -> None:
    ident = made("sh", "-c", "echo up; cat", OpenStdin=True, Tty=True)
    gone, typing = attached(server, ident), attached(server, ident, "stream=1&stdin=1&stdout=1&detachKeys=ctrl-x,y")
    start(server, ident)
    gone.upto(b"up")
    gone.wire.close()
    typing.upto(b"up")
    typing.wire.sendall(b"\x18n\r")  # begins like the keys, and is not
    typing.upto(b"n\r\n")
    typing.wire.sendall(b"\x18y")
    typing.whole()
    assert server.request("GET", f"/containers/{ident}/json").json["State"]["Running"] is True


def test_attached_streams_end_with_the_run_not_with_the_restarts(server, made) -> None:
    ident = made(
        "sh", "-c", "echo run; exit 1", HostConfig={"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}
    )
    stream = attached(server, ident)
    start(server, ident)
    assert output(stream.whole()) == b"run\n"


def test_a_terminal_has_its_size_at_the_start_and_later(server, made) -> None:
    script = "stty size; trap 'stty size; exit 0' WINCH; echo up; while :; do sleep 0.02; done"
    ident = made("sh", "-c", script, **TTY, HostConfig={"ConsoleSize": [33, 77]})
    assert server.request("POST", f"/containers/{ident}/resize?h=40&w=90").status == 409
    stream = attached(server, ident)
    start(server, ident)
    assert b"33 77" in stream.upto(b"up")
    assert server.request("POST", f"/containers/{ident}/resize?h=40&w=90").status == 200
    assert b"40 90" in stream.whole()


def test_a_start_that_fails_ends_who_attached_and_says_why(server, made) -> None:
    ident = made("nothing-here")
    stream = attached(server, ident)
    reply = server.request("POST", f"/containers/{ident}/start")
    assert reply.status == 400
    assert 'exec: "nothing-here": executable file not found in $PATH' in reply.message
    assert stream.whole() == b""
    assert server.request("GET", f"/containers/{ident}/json").json["State"]["ExitCode"] == 127


def test_an_exec_has_its_streams_its_code_and_its_end(server, made) -> None:
    ident = made("sleep", "1000")
    start(server, ident)
    number, stream = executed(server, ident, "sh", "-c", "cat; echo err >&2; sleep 1000 & exit 7")
    stream.wire.sendall(b"hello")
    stream.wire.shutdown(socket.SHUT_WR)
    found = stream.whole()  # though the sleep still holds the pipe
    assert (output(found), output(found, 2)) == (b"hello", b"err\n")
    assert ended(server, number) == 7
    assert server.request("POST", f"/exec/{number}/start", {"Detach": False}).status == 409
    missing, stream = executed(server, ident, "nothing-here")
    assert b"executable file not found in $PATH" in stream.whole()
    assert ended(server, missing) == 127


def test_an_exec_on_a_terminal(server, made) -> None:
    ident = made("sleep", "1000")
    start(server, ident)
    number, stream = executed(server, ident, "sh", Tty=True, ConsoleSize=[31, 71], DetachKeys="ctrl-x",
                              start={"Tty": True})  # fmt: skip
    stream.wire.sendall(b"stty size; tty\r")
    assert b"31 71" in stream.upto(b"/dev/pts/")
    assert server.request("POST", f"/exec/{number}/resize?h=40&w=90").status == 200
    stream.wire.sendall(b"stty size\r")
    stream.upto(b"40 90")
    stream.wire.sendall(b"\x18")
    stream.whole()
    assert server.request("GET", f"/exec/{number}/json").json["Running"] is True


def test_the_log_has_the_streams_apart_and_is_followed_to_the_end(server, made) -> None:
    ident = made("sh", "-c", "echo one; echo two >&2; read x; echo three", OpenStdin=True, StdinOnce=True)
    start(server, ident)
    log = f"/containers/{ident}/logs"
    until(lambda: len(frames(server.request("GET", f"{log}?stdout=1&stderr=1").body)) == 2, "two lines")
    assert server.request("GET", log).status == 400
    assert frames(server.request("GET", f"{log}?stderr=1&tail=1").body) == [(2, b"two\n")]
    followed: list[bytes] = []
    follower = threading.Thread(
        target=lambda: followed.append(server.request("GET", f"{log}?stdout=1&stderr=1&follow=1").body)
    )
    follower.start()
    stream = attached(server, ident)
    stream.wire.sendall(b"go\n")
    stream.whole()
    follower.join(60)
    assert sorted(frames(followed[0])) == [(1, b"one\n"), (1, b"three\n"), (2, b"two\n")]


def test_waits_hear_of_what_vanishes(server, made) -> None:
    ident = made("sh", "-c", "exit 5", HostConfig={"AutoRemove": True})
    answers: list[object] = []

    def wait(condition: str) -> None:
        answers.append(server.request("POST", f"/containers/{ident}/wait?condition={condition}").json)

    waiters = [threading.Thread(target=wait, args=(condition,)) for condition in ("removed", "next-exit")]
    for waiter in waiters:
        waiter.start()
    assert server.request("POST", f"/containers/{ident}/wait").json == {"StatusCode": 0}
    assert server.request("POST", f"/containers/{ident}/wait?condition=never").status == 400
    start(server, ident)
    for waiter in waiters:
        waiter.join(60)
    assert answers == [{"StatusCode": 5}] * 2
    assert server.request("POST", f"/containers/{ident}/wait").status == 404


@docker
def test_the_client_carries_a_lot_through_a_container(server) -> None:
    blob = os.urandom(1 << 20) * 30
    done = server.docker("run", "--rm", "-i", "busybox", "cat", input=blob)
    assert done.returncode == 0
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(blob).digest()


@docker
def test_many_at_once_each_have_their_own(server) -> None:
    def one(number: int) -> None:
        done = server.docker("run", "--rm", "busybox", "sh", "-c", f"echo {number}; exit {number}")
        results[number] = (done.returncode, done.stdout)

    results: dict[int, tuple[int, bytes]] = {}
    threads = [threading.Thread(target=one, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert results == {number: (number, f"{number}\n".encode()) for number in range(1, 9)}


@docker
def test_the_client_on_a_terminal(server) -> None:
    master, slave = pty.openpty()
    import fcntl
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 29, 69, 0, 0))
    argv = ["docker", "run", "--rm", "-it", "busybox", "sh"]
    with subprocess.Popen(
        argv, env=server.env(), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as child:
        os.close(slave)
        os.write(master, b"stty size; echo a$((1+1))b; exit 6\n")
        found = b""
        limit = time.monotonic() + 60
        while b"a2b" not in found and time.monotonic() < limit:
            found += os.read(master, 4096)
        assert child.wait(60) == 6
    os.close(master)
    assert b"29 69" in found

"""Who leaves, and how: what waits for him ends with him, and only then."""

import asyncio
import contextlib
import os
import socket
import threading
from types import SimpleNamespace

import pytest
from aiohttp import web
from hull.api import hijack
from hull.api.answering import _connections
from hull.api.handlers import starting, system
from hull.api.leaving import Leavers
from hull.api.work import THREADS, Work
from hull.docker import execs
from hull.docker.execs import Exec
from hull.docker.pipes import Pipe
from hull.engine import Engine
from hull.errors import HostError, UserError

UPGRADE = b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
HOLD = b"POST /hull/hold HTTP/1.1\r\nHost: hull\r\n" + UPGRADE
EVENTS = b"GET /events HTTP/1.1\r\nHost: hull\r\n\r\n"


def served(tmp_path, story):
    """Run a story of one server of this process: it gets a way to connect, and the server's work."""

    async def run():
        engine = Engine()
        work = Work(engine)
        path = f"{tmp_path}/d.sock"
        async with _connections(work) as made:
            server = await asyncio.get_running_loop().create_unix_server(made, path)
            try:
                await story(lambda: asyncio.open_unix_connection(path), work)
            finally:
                server.close()
        await work.settle(10)
        engine.close()

    asyncio.run(asyncio.wait_for(run(), 60))


async def _until(check):
    while not check():  # noqa: ASYNC110 (what it looks at tells nobody)
        await asyncio.sleep(0.005)


async def _ask(connect, sent):
    reader, writer = await connect()
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    return head, reader, writer


@pytest.mark.parametrize("sent", [HOLD, EVENTS])
@pytest.mark.parametrize("half", [False, True])
def test_what_waits_for_a_client_ends_when_he_has_gone(tmp_path, sent, half):
    async def story(connect, work):
        _, _, first = await _ask(connect, sent)  # what is made once stays
        before = len(asyncio.all_tasks())
        _, _, writer = await _ask(connect, sent)
        assert work.active == 2
        if half:
            writer.write_eof()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_until(lambda: work.active < 2), 0.2)
            assert work.active == 2, "who sends no more may still listen"
        writer.close()
        await _until(lambda: work.active == 1 and len(asyncio.all_tasks()) <= before)
        first.close()
        await _until(lambda: work.active == 0)

    served(tmp_path, story)


def test_a_head_that_does_not_come_whole_ends_its_connection(tmp_path, monkeypatch):
    monkeypatch.setattr(hijack, "PATIENCE", 0.3)

    async def story(connect, _):
        silent, _ = await connect()
        slow, writer = await connect()
        writer.write(b"GET /_ping HTTP/1.1\r\n")
        _, holding, held = await _ask(connect, HOLD)
        _, again, asking = await _ask(connect, b"GET /_ping HTTP/1.1\r\nHost: hull\r\n\r\n")
        assert await silent.read() == b""
        assert await slow.read() == b""
        with contextlib.suppress(TimeoutError):
            assert await asyncio.wait_for(holding.read(1), 0.5) != b""
        asking.write(b"GET /_ping HTTP/1.1\r\nHost: hull\r\n\r\n")
        assert await again.readexactly(2) == b"OK"
        assert (await again.readline()).startswith(b"HTTP/1.1 200 ")
        asking.write(b"GET /_ping HT")
        assert (await again.read()).endswith(b"OK")
        held.close()

    served(tmp_path, story)


def test_a_hang_up_is_told_once_and_an_end_of_one_direction_is_none():
    async def run():
        leavers, told = Leavers(), []
        ours, theirs = socket.socketpair()
        leavers.watch(ours.fileno(), lambda: told.append(1))
        theirs.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0.05)
        assert told == []
        theirs.close()
        await _until(lambda: told)
        leavers.forget(ours.fileno())
        await asyncio.sleep(0.05)
        assert told == [1]
        leavers.close()
        ours.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_what_starts_while_its_client_goes_has_its_end(tmp_path, monkeypatch):
    began, going, closed = threading.Event(), threading.Event(), []

    class Child:
        """One that runs, writes a line and ends with 3."""

        pid = 7

        def __init__(self):
            reader, writer = os.pipe()
            os.write(writer, b"line\n")
            os.close(writer)
            self.outputs = {1: Pipe(reader)}

        async def begun(self):
            """Be begun at once."""

        async def end(self):
            """End at once."""
            return 3

        def end_input(self):
            """Take no input."""

        def close(self):
            """Let go."""
            os.close(self.outputs[1].fd)
            closed.append(self)

    def start(one, _engine, _steps, *, detached):
        began.set()
        assert going.wait(30)
        one.child = Child()
        return one.child

    monkeypatch.setattr(Exec, "plan", lambda *_: [])
    monkeypatch.setattr(Exec, "start", start)
    monkeypatch.setattr(execs.exec_, "tell", lambda *_, **__: None)

    async def story(connect, work):
        one = Exec(SimpleNamespace(id="ab", name="one"), execs.read({"Cmd": ["true"], "AttachStdout": True}))
        work.execs.keep(one)
        _, writer = await connect()
        writer.write(b"POST /exec/%s/start HTTP/1.1\r\nHost: hull\r\nContent-Length: 0\r\n\r\n" % one.id.encode())
        await _until(began.is_set)
        writer.close()
        await _until(lambda: len(work._kept) == 2)  # the start, and who sees to its end
        going.set()
        await _until(lambda: work.active == 0)
        assert (one.code, one.running, len(closed)) == (3, False, 1)

    served(tmp_path, story)


def test_who_leaves_while_a_start_fails_does_not_keep_what_was_to_be_removed(tmp_path, monkeypatch):
    cleared = []
    monkeypatch.setattr(starting.life, "clear", lambda _engine, ident: cleared.append(ident))

    async def story(connect, work):
        began, failing = asyncio.Event(), asyncio.Event()

        async def start(_run, _row):
            began.set()
            await failing.wait()
            raise HostError("no")

        work.attachments.start = start
        work.engine.containers.find = lambda _word: SimpleNamespace(id="ab", remove=True)
        _, writer = await connect()
        writer.write(b"POST /containers/ab/start HTTP/1.1\r\nHost: hull\r\nContent-Length: 0\r\n\r\n")
        await began.wait()
        assert work.active == 2, "the request and the start"
        writer.close()
        await _until(lambda: work.active == 1)
        failing.set()
        await _until(lambda: work.active == 0)
        assert cleared == ["ab"]

    served(tmp_path, story)


def test_who_is_slow_to_send_keeps_nobody_else_waiting(tmp_path):
    async def story(connect, work):
        head = b"POST /images/load HTTP/1.1\r\nHost: hull\r\nContent-Length: 9\r\n\r\nslow"
        slow = [(await connect())[1] for _ in range(THREADS + 1)]
        for writer in slow:
            writer.write(head)
        await _until(lambda: len(work._running) > THREADS)
        answered, _, asking = await _ask(connect, b"GET /images/json HTTP/1.1\r\nHost: hull\r\n\r\n")
        assert answered.startswith(b"HTTP/1.1 200 ")
        for writer in (asking, *slow):
            writer.close()
        await _until(lambda: work.active == 0)

    served(tmp_path, story)


def test_a_thread_that_asks_the_event_loop_at_the_end_is_no_reason_to_wait():
    async def run():
        engine = Engine()
        work, loop, going = Work(engine), asyncio.get_running_loop(), threading.Event()

        def act():
            assert going.wait(20)
            return asyncio.run_coroutine_threadsafe(asyncio.sleep(0, "answered"), loop).result(20)

        acting = asyncio.ensure_future(work.run(act))
        loop.call_later(0.05, going.set)
        await asyncio.sleep(0)
        assert await work.settle(10)
        assert await acting == "answered"
        engine.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_threads_find_the_engine_whole(tmp_path):
    async def story(_connect, work):
        parts = ("db", "host", "history", "containers", "volumes", "images", "networks")
        assert set(parts) <= set(vars(work.engine)), "two first requests would each make one: two databases, two locks"

    served(tmp_path, story)


def test_what_fails_on_the_way_is_no_second_head(tmp_path, monkeypatch):
    async def info(call):
        response = web.StreamResponse()
        await response.prepare(call.request)
        await response.write(b"some")
        raise UserError("no more")

    monkeypatch.setattr(system, "info", info)

    async def story(connect, _work):
        _, reader, writer = await _ask(connect, b"GET /info HTTP/1.1\r\nHost: hull\r\n\r\n")
        assert await reader.read() == b"4\r\nsome\r\n"
        writer.close()

    served(tmp_path, story)

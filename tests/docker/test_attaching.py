"""Who is at a container's streams before its start."""

import asyncio
import os
from types import SimpleNamespace

import pytest
from hull.docker import attaching
from hull.docker.attaching import Attachments, Streams, refuse
from hull.errors import Conflict
from hull.model import Spec
from hull.state.processes import Process
from hull.state.status import NOBODY, Status

ROW = SimpleNamespace(id="ab", name="one", spec=Spec("busybox"))


class Tail:
    """Nobody is told anything."""

    def listen(self, _ident):
        """Hear nothing."""
        raise AssertionError

    def tell(self, *_words, **_flags):
        """Tell nobody."""


def test_what_a_start_hands_out_stays_open_though_who_asked_has_gone(monkeypatch):
    begun = []

    def begin(_engine, _row, clients):
        begun.extend((client.fd, os.fstat(client.fd).st_ino) for client in clients)
        return True

    monkeypatch.setattr(attaching.start_, "begin", begin)

    async def story():
        attachments = Attachments(SimpleNamespace(containers=SimpleNamespace(status=lambda _: DOWN)), Tail())
        going = asyncio.Event()

        async def run(function):
            await going.wait()  # a thread that takes its time
            return function()

        near, far = attaching.socket.socketpair(attaching.socket.AF_UNIX, attaching.socket.SOCK_SEQPACKET)
        attachments._pending[ROW.id] = [attaching.Pending(far, Streams(True, True, True).options)]
        asking = asyncio.create_task(attachments.start(run, ROW))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert far.fileno() >= 0, "the start still needs it"
        going.set()
        while attachments._starting:  # noqa: ASYNC110 (what it looks at tells nobody)
            await asyncio.sleep(0.001)
        assert far.fileno() < 0
        near.close()

    asyncio.run(asyncio.wait_for(story(), 30))
    assert len(begun) == 1


DOWN = Status("created", NOBODY, NOBODY)


def test_one_that_runs_where_it_was_started_is_refused_before_anything_is_a_stream():
    foreground = Status("running", Process(1, 1, ""), Process(2, 2, ""))
    with pytest.raises(Conflict, match="cannot attach to one: it runs in the foreground"):
        refuse(ROW, foreground)
    refuse(ROW, foreground._replace(monitor=Process(3, 3, "")))
    refuse(ROW, DOWN)

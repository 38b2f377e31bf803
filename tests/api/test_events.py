"""What happens, told to whoever listens."""

import asyncio
import contextlib
import json
import os
import threading
import time
from types import SimpleNamespace

import pytest
from hull.api.call import Call
from hull.api.handlers import events as handler
from hull.api.work import Work
from hull.docker import events
from hull.docker.tail import Listener
from hull.model import Image, Spec

OURS = f"api-{os.getpid()}"


class Hearing:
    """One who listens; lines are read as they come."""

    def __init__(self, server, query=""):
        self.wire = server.wire()
        self.wire.request("GET", f"/v1.45/events{query}")
        self.answer = self.wire.getresponse()  # the head comes at once

    def next(self):
        return json.loads(self.answer.readline())

    def close(self):
        self.answer.close()
        self.wire.close()


@pytest.fixture
def listen(server):
    """Give what begins to listen."""
    with contextlib.ExitStack() as stack:

        def make(query=""):
            return stack.enter_context(contextlib.closing(Hearing(server, query)))

        yield make


def volume(server, name):
    """Make and remove a volume."""
    assert server.request("POST", "/volumes/create", {"Name": name}).status == 201
    assert server.request("DELETE", f"/volumes/{name}").status == 204


def test_each_who_listens_hears_what_he_asked_for(server, listen):
    mine, other = f"{OURS}-a", f"{OURS}-b"
    everyone = [listen(f'?filters={{"volume":["{mine}"]}}') for _ in range(3)]
    destroyed = listen('?filters={"type":{"volume":true},"event":["destroy"]}')
    volume(server, other)
    volume(server, mine)
    for one in everyone:
        found = [one.next() for _ in range(2)]
        assert [(event["Type"], event["Action"], event["Actor"]["ID"]) for event in found] == [
            ("volume", "create", mine), ("volume", "destroy", mine)
        ]  # fmt: skip
        assert found[0]["Actor"]["Attributes"] == {"driver": "local"}
        assert (found[0]["scope"], found[0]["timeNano"] // 10**9) == ("local", found[0]["time"])
    assert [destroyed.next()["Actor"]["ID"] for _ in range(2)] == [other, mine]


def test_a_container_tells_its_life_with_dockers_first_words(server, listen, cli):
    name = f"{OURS}-box"
    hearing = listen(f'?filters={{"container":["{name}"],"event":["create","start","die","destroy"]}}')
    cli("run", "--rm", "--network", "none", "--name", name, "--label", "who=me", "busybox", "sh", "-c", "exit 3")
    found = [hearing.next() for _ in range(4)]
    assert [event["status"] for event in found] == ["create", "start", "die", "destroy"]
    assert {event["from"] for event in found} == {"busybox"}
    assert {event["id"] for event in found} == {found[0]["Actor"]["ID"]}
    assert found[2]["Actor"]["Attributes"]["exitCode"] == "3"
    assert found[0]["Actor"]["Attributes"]["who"] == "me"


def test_what_was_and_what_comes_is_told_once(server, listen):
    name = f"{OURS}-past"
    began = time.time()
    volume(server, name)
    both = listen(f'?since={began:.6f}&filters={{"volume":["{name}"]}}')
    volume(server, name)
    assert [both.next()["Action"] for _ in range(4)] == ["create", "destroy"] * 2
    query = f'since={began:.6f}&until={time.time():.6f}&filters={{"volume":["{name}"]}}'
    past = server.request("GET", f"/events?{query}")
    assert [event["Action"] for event in past.lines] == ["create", "destroy"] * 2
    query = f'since={began - 60:.0f}&until={began:.6f}&filters={{"volume":["{name}"]}}'
    assert server.request("GET", f"/events?{query}").lines == []


def heard(engine, wanted, found, told, ends):
    """Return the names that one is told who hears these events, until that of `ends`."""
    sent = []

    async def write(line):
        sent.append(json.loads(line)["Actor"]["ID"])
        if sent[-1] == ends:
            raise ConnectionResetError

    async def hear():
        listener = Listener()
        for event in found:
            listener.put(event)
        call = Call(None, SimpleNamespace(lines=events.Lines(engine), engine=engine), None)
        with contextlib.suppress(ConnectionResetError):
            await handler._follow(call, wanted, listener, SimpleNamespace(write=write), told)

    asyncio.run(asyncio.wait_for(hear(), 60))
    return sent


def test_what_was_told_is_not_told_again_when_it_is_heard(engine):
    """What happens between the first hearing and the reading of the file comes both ways."""
    for name in ("before", "between", "after"):
        engine.history.add("volume", "create", name, {})
    found = list(engine.history.read())
    told = {events.key_of(event) for event in found[:2]}
    assert heard(engine, events.asked("0", "", {}), found, told, "after") == ["after"]


def test_the_event_loop_does_not_wait_for_who_has_the_database(engine):
    row = engine.containers.add("a" * 64, Spec("busybox", name="new"), Image("sha256:1", "busybox", ()))
    held, going, went = threading.Event(), threading.Event(), []

    def write():
        with engine.db.transaction():
            held.set()
            went.append(going.wait(20))

    async def hear():
        work, listener, sent = Work(engine), Listener(), asyncio.Queue()
        engine.history.add("container", "die", row.id, {"name": "old", "image": "busybox"})
        for event in engine.history.read():
            listener.put(event)
        writing = asyncio.ensure_future(work.run(write))
        await asyncio.to_thread(held.wait, 20)
        response = SimpleNamespace(write=sent.put)
        asked = events.asked("0", "", {})
        following = asyncio.ensure_future(handler._follow(Call(None, work, None), asked, listener, response, set()))
        asyncio.get_running_loop().call_later(0.05, going.set)
        assert b'"new"' in await sent.get()
        following.cancel()
        await writing
        await work.settle(20)

    asyncio.run(asyncio.wait_for(hear(), 60))
    assert went == [True]


def test_one_who_does_not_ask_for_the_past_is_not_told_of_it(engine):
    engine.history.add("volume", "create", "before", {})
    wanted = events.asked("", "", {})
    engine.history.add("volume", "create", "after", {})
    assert heard(engine, wanted, list(engine.history.read()), set(), "after") == ["after"]


def test_an_end_that_is_yet_to_come_ends_the_answer(server):
    assert server.request("GET", f'/events?until={time.time() + 1:.3f}&filters={{"node":["x"]}}').lines == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('filters={"odd":["1"]}', "invalid filter 'odd'"),
        ("since=20&until=10", "`since` time (20) cannot be after `until` time (10)"),
        ("since=odd", "cannot read the time 'odd'"),
    ],
)
def test_questions_that_mean_nothing_are_refused(server, query, words):
    reply = server.request("GET", f"/events?{query}")
    assert (reply.status, reply.message[: len(words)]) == (400, words)


def test_many_who_listen_cost_little(server, listen):
    """A thread or an inotify instance each would be seen at once."""

    def threads():
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))

    def notifiers():
        place = f"/proc/{server.process.pid}/fd"
        targets = []
        for fd in os.listdir(place):
            with contextlib.suppress(OSError):
                targets.append(os.readlink(f"{place}/{fd}"))
        return targets.count("anon_inode:inotify")

    before = threads(), notifiers()
    many = [listen() for _ in range(100)]
    name = f"{OURS}-many"
    volume(server, name)
    for one in many:
        while one.next()["Actor"]["ID"] != name:
            pass
    after = threads(), notifiers()
    assert after[0] <= before[0] + 2
    assert after[1] <= max(1, before[1])


@pytest.mark.needs("program:docker")
def test_the_docker_client_prints_them(server):
    name = f"{OURS}-cli"
    volume(server, name)
    words = ("events", "--since", "1m", "--until", str(int(time.time()) + 1), "--filter", f"volume={name}", "--format")
    assert server.docker(*words, "{{.Type}} {{.Action}}", check=True).stdout == b"volume create\nvolume destroy\n"

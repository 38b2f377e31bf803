"""What the requests of one server share: the engine, the threads, what runs, when it was last busy."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hull.api.rpc.desk import Desk
from hull.docker.attaching import Attachments
from hull.docker.changes import Changes
from hull.docker.events import Lines
from hull.docker.execs import Execs
from hull.docker.stats import Looks
from hull.docker.tail import Tail
from hull.engine import Engine

R = TypeVar("R")

THREADS = 64  # verbs that answer soon, at the same time; what waits for hours waits in the event loop
SLOW = 256  # those that are as slow as a client, a registry or a program: they keep nobody but each other waiting


class Work:
    """Made once a server, in its event loop; handlers reach it as `call.work`."""

    def __init__(self, engine: Engine, limits: str = "refuse") -> None:
        _ = engine.host, engine.containers, engine.volumes, engine.images, engine.networks  # once, before threads
        self.engine = engine
        self.limits = limits  # what becomes of limits that nothing here can hold: refuse, warn
        self.threads = concurrent.futures.ThreadPoolExecutor(THREADS, thread_name_prefix="hull-api")
        self._slow = concurrent.futures.ThreadPoolExecutor(SLOW, thread_name_prefix="hull-slow")
        self.active = 0
        self.changed = asyncio.Event()
        self.ending = asyncio.Event()
        self.desk = Desk()
        self.changes = Changes()
        self.tail = Tail(self.changes, engine.history)
        self.lines = Lines(engine)
        self.attachments = Attachments(engine, self.tail)
        self.execs = Execs()
        self.looks = Looks()
        self._kept: set[asyncio.Task[Any]] = set()
        self._running: set[concurrent.futures.Future[object]] = set()

    def enter(self) -> None:
        """Count a request that begins."""
        self.active += 1
        self.changed.set()

    def leave(self) -> None:
        """Count one that is over."""
        self.active -= 1
        self.changed.set()

    def end(self) -> None:
        """Ask the server to end."""
        self.ending.set()
        self.changed.set()

    async def run(self, function: Callable[[], R], *, slow: bool = False) -> R:
        """Return what a function that may block returns; it goes on in its thread where nobody waits any more.

        One that is as `slow` as somebody else takes none of the threads that answer everybody.
        """
        future = (self._slow if slow else self.threads).submit(function)
        self._running.add(future)  # type: ignore[arg-type]  # a set of any of them
        future.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(future)

    def keep(self, work: Coroutine[Any, Any, R]) -> "asyncio.Task[R]":
        """Do what outlives its request; the server does not end before it."""
        self.enter()
        task = asyncio.create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        task.add_done_callback(lambda _: self.leave())
        return task

    @property
    def running(self) -> bool:
        """Whether a thread still works, for a client that may have gone."""
        return any(not future.done() for future in tuple(self._running))

    async def settle(self, seconds: float) -> bool:
        """Begin nothing more and wait for what runs in threads; whether all of it has ended.

        The event loop goes on meanwhile: a thread may ask it for a body's next piece, and has to hear that none comes.
        """
        for threads in (self.threads, self._slow):
            threads.shutdown(wait=False, cancel_futures=True)
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        for future in tuple(self._running):
            future.add_done_callback(lambda _: loop.call_soon_threadsafe(over.set))
        try:
            async with asyncio.timeout(seconds):
                while self.running:
                    await over.wait()
                    over.clear()
        except TimeoutError:
            return False
        return True

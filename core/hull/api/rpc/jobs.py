"""One build as its client sees it: what it has told so far, what it was asked, how it ended."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from hull.api.call import Call
from hull.api.rpc.attached import Attached
from hull.api.rpc.calls import UNKNOWN, Failed
from hull.docker import buildjob, buildkit, buildstatus
from hull.errors import HullError


class Request(NamedTuple):
    """What Control.Solve asks: the session to ask in turn, exporters with their attributes, cache exports.

    `about` is what its record says of it; None where there is to be none.
    """

    session: str
    exporters: tuple[tuple[str, Mapping[str, str]], ...]
    cache: tuple[tuple[str, Mapping[str, str]], ...]
    about: Any = None


class Job:
    """A build under its reference. `returned` is what a client that is its own frontend gives back."""

    def __init__(self, call: Call, ref: str, request: Request) -> None:
        self.ref, self.request = ref, request
        self._call = call
        self._stop = threading.Event()
        self._told: list[bytes] = []
        self._changed = asyncio.Event()
        self._over = False
        self.answers: dict[str, dict[str, str]] = {}
        self.returned: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def build(self, frontend: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Carry it out; return what the exporters answer. `Failed` has what the client shows of a failure."""
        call, desk = self._call, self._call.work.desk
        session = await desk.session(self.request.session)
        if session is None:
            raise Failed(UNKNOWN, f"no active session for {self.request.session}")
        request = self.request
        wanted = buildkit.Wanted(frontend, attributes, request.exporters, request.cache, request.about)
        client = Attached(call, session)
        told = buildstatus.Statuses(desk.types, self._stop)
        loop = asyncio.get_running_loop()

        def act() -> dict[str, str]:
            try:
                return buildjob.build(
                    call.engine, wanted, client, told, lambda status: loop.call_soon_threadsafe(self._tell, status)
                )
            finally:
                client.close()

        gone = asyncio.ensure_future(session.gone.wait())
        gone.add_done_callback(lambda done: None if done.cancelled() else self._stop.set())
        try:
            return await call.slow(act)
        except HullError as error:
            raise Failed(UNKNOWN, *told.failure(error)) from error
        finally:
            gone.cancel()
            self._stop.set()

    async def status(self) -> AsyncIterator[bytes]:
        """Yield what it tells, from its beginning, until it is over."""
        place = 0
        while not self._over or place < len(self._told):
            if place == len(self._told):
                self._changed.clear()
                await self._changed.wait()
                continue
            fresh, place = self._told[place:], len(self._told)
            for one in fresh:
                yield one

    def end(self) -> None:
        """Note that nothing more comes, and end what still runs."""
        self._stop.set()
        self._over = True
        self._changed.set()

    def _tell(self, status: bytes) -> None:
        if status:
            self._told.append(status)
            self._changed.set()

"""What the builds of a server share: the clients' sessions, and the builds on their way. Made with the server."""

import asyncio
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from hull.api.rpc.calls import Caller
    from hull.api.rpc.jobs import Job
    from hull.docker.buildhistory import Begun

T = TypeVar("T")

PATIENCE = 20.0  # seconds that a build waits for the session that it names


class Session(NamedTuple):
    """A client that lets itself be asked."""

    caller: "Caller"
    gone: asyncio.Event


class Desk:
    """Sessions by their ids, jobs by theirs, and what ends each build of Docker's first builder."""

    def __init__(self) -> None:
        self.builds: dict[str, threading.Event] = {}
        self.jobs: dict[str, Job] = {}
        self.active: dict[str, Begun] = {}  # builds that go on, and who is told of them
        self.listeners: set[asyncio.Queue[Any]] = set()
        self._sessions: dict[str, Session] = {}
        self._changed = asyncio.Condition()

    @cached_property
    def types(self) -> Any:
        """The messages; google.protobuf is imported when the first build comes."""
        from hull.docker.buildmessages import Types

        return Types()

    async def enter(self, ident: str, session: Session) -> bool:
        """Take a session in; not where there is one of that id."""
        async with self._changed:
            if ident in self._sessions:
                return False
            self._sessions[ident] = session
            self._changed.notify_all()
        return True

    def leave(self, ident: str) -> None:
        """Forget a session."""
        self._sessions.pop(ident, None)

    async def session(self, ident: str) -> Session | None:
        """Return a session, which may come a moment after the build that names it; None where none comes."""
        return await self._awaited(self._sessions, ident)

    async def began(self, job: "Job") -> None:
        """Take a job in."""
        async with self._changed:
            self.jobs[job.ref] = job
            self._changed.notify_all()

    async def job(self, ref: str) -> "Job | None":
        """Return a job, which may come a moment after who asks for it; None where none comes."""
        return await self._awaited(self.jobs, ref)

    async def _awaited(self, held: "dict[str, T]", key: str) -> "T | None":
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: key in held), PATIENCE)
            except TimeoutError:
                return None
        return held.get(key)

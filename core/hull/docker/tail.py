"""What happens in a store, told to all who listen in one event loop by one reader, none while none listens."""

import asyncio
import collections
import contextlib
from collections.abc import Iterator
from typing import Any

from hull.docker.changes import Changes
from hull.errors import HostError
from hull.state.events import Events

MOST = 50_000  # events that wait for one listener
LOOK = 1.0  # seconds after which the file is looked at anyway


class Listener:
    """One who listens: `next` is the next event, `put` gives it one."""

    def __init__(self) -> None:
        self._events: collections.deque[dict[str, Any]] = collections.deque()
        self._some = asyncio.Event()
        self._lost = False

    def put(self, event: dict[str, Any]) -> None:
        """Add an event; one who takes none is told at last that he has missed some."""
        if len(self._events) >= MOST:
            self._lost = True
        if not self._lost:
            self._events.append(event)
        self._some.set()

    async def next(self) -> dict[str, Any]:
        """Return the next event, as soon as there is one. HostError where some were lost."""
        while not self._events:
            if self._lost:
                raise HostError("cannot tell what happened: it was not read as fast as it came", "ask again")
            self._some.clear()
            await self._some.wait()
        return self._events.popleft()


class Tail:
    """Made once a server. Events are dictionaries as the store keeps them; who changes one copies it first."""

    def __init__(self, changes: Changes, history: Events) -> None:
        self._changes = changes
        self._history = history
        self._listeners: dict[str, set[Listener]] = {}
        self._reading: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def listen(self, ident: str = "") -> Iterator[Listener]:
        """Give who hears all that happens from now on, or all that happens to the one of this id."""
        listener = Listener()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(self._history.follower()))
        self._listeners.setdefault(ident, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[ident].discard(listener)
            if not self._listeners[ident]:
                del self._listeners[ident]
            if not self._listeners:
                self._reading.cancel()
                self._reading = None

    @property
    def count(self) -> int:
        """How many listen to everything."""
        return len(self._listeners.get("", ()))

    def tell(self, event: dict[str, Any], *, everybody: bool = True) -> None:
        """Tell who listens to whom it is about, and everybody where it is an event of the store's."""
        for key in ("", event["Actor"]["ID"]) if everybody else (event["Actor"]["ID"],):
            for listener in self._listeners.get(key, ()):
                listener.put(event)

    async def _read(self, follower: Any) -> None:
        with contextlib.closing(follower):
            while True:
                try:
                    changed = self._changes.next(follower.renew())
                    for event in follower.read():
                        self.tell(event)
                except OSError:  # no descriptor was free: those who listen would wait for ever
                    await asyncio.sleep(LOOK)
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed, LOOK)

"""Threads that bring what is on the screen, by the verbs. The screen's own thread never waits for any of them.

Lists are read again when an event tells of a change, and now and then without; what containers use is looked at each
second. Whoever looks rests so long after it that looking takes no more than a part of one core, however many containers
there are.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from hull.commands.events import events
from hull.commands.images import images
from hull.commands.network import network
from hull.commands.ps import ps
from hull.commands.stats import stats
from hull.commands.volume import volume
from hull.engine import Engine
from hull.errors import HullError
from hull.ui.state import State

NOW_AND_THEN = 5.0  # seconds between two looks that no event asked for
SOON = 0.05  # seconds in which changes that come together are one
SHARE = 50  # a look may be followed by the next after so many times what it took
PAST = "1h"
EVENTS = 500
QUIET = ("exec_create", "exec_start", "exec_die", "top", "resize", "attach")  # change nothing that is listed
LISTS: dict[str, Callable[[Engine], Any]] = {
    "images": lambda engine: images(engine, all=True),
    "networks": lambda engine: network(engine, "ls"),
    "volumes": lambda engine: volume(engine, "ls"),
}
KINDS = {"image": "images", "network": "networks", "volume": "volumes"}


def resident_engine() -> Engine:
    """Return an engine for one thread of a process that goes on."""
    engine = Engine()
    engine.resident = True
    return engine


class Feed:
    """Brings rows, numbers and events to `state`; `post` runs a function in the screen's thread, then draws."""

    def __init__(self, state: State, post: Callable[[Callable[[], None]], None]) -> None:
        self._state, self._post = state, post
        self._changed = threading.Event()
        self._stale = set(LISTS)
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS)
        self._posted = threading.Event()

    def start(self) -> None:
        """Begin; the threads end with the process."""
        for work in (self._lists, self._use, self._history):
            threading.Thread(target=self._guarded, args=(work,), name=work.__name__, daemon=True).start()

    def refresh(self, kind: str = "") -> None:
        """Read the lists again soon; of `kind`, too, if that is one."""
        if kind in LISTS:
            self._stale.add(kind)
        self._changed.set()

    def _guarded(self, work: Callable[[Engine], None]) -> None:
        """Do it again after a failure, which is told."""
        while True:
            try:
                work(resident_engine())
            except HullError as error:
                self._tell(error.message)
            except Exception as fault:  # noqa: BLE001 (a thread's edge)
                self._tell(f"this is a fault in hull: {type(fault).__name__}: {fault}")
            time.sleep(NOW_AND_THEN)

    def _tell(self, words: str) -> None:
        self._post(lambda: self._state.say(words, "class:error"))

    def _lists(self, engine: Engine) -> None:
        while True:
            began = time.thread_time()
            rows = ps(engine, all=True, no_trunc=True)
            self._post(lambda rows=rows: self._state.put_containers(rows))  # type: ignore[misc]
            for kind in self._wanted():
                found = LISTS[kind](engine)
                self._post(lambda kind=kind, found=found: self._state.rows[kind].put(found))  # type: ignore[misc]
            time.sleep(max(SOON, SHARE * (time.thread_time() - began)))
            self._changed.wait(NOW_AND_THEN)
            self._changed.clear()

    def _wanted(self) -> list[str]:
        """Return the lists to read beside the containers: what changed, and what is looked at."""
        wanted = [kind for kind in LISTS if kind in self._stale or kind == self._state.pane]
        self._stale.difference_update(wanted)
        return wanted

    def _use(self, engine: Engine) -> None:
        frames = iter(stats(engine, no_trunc=True))
        while True:
            began = time.thread_time()
            rows = next(frames)
            self._post(lambda rows=rows: self._state.put_used(rows))  # type: ignore[misc]
            time.sleep(max(0.0, SHARE * (time.thread_time() - began) - 1.0))  # stats waits a second itself

    def _history(self, engine: Engine) -> None:
        for line in events(engine, since=PAST, format="json"):
            event = json.loads(line)
            self._events.appendleft(event)
            if not self._posted.is_set():
                self._posted.set()
                self._post(self._show)
            if event["Action"].partition(":")[0] not in QUIET:
                self.refresh(KINDS.get(event["Type"], ""))

    def _show(self) -> None:
        self._posted.clear()
        self._state.rows["events"].put(list(self._events))

"""The end of a program of another engine: its exit code, asked for in time."""

import json

from hull.contexts.answer import Answer
from hull.errors import HostError, Missing
from hull.light import Any
from hull.remote import living
from hull.remote.streams import heard
from hull.remote.there import There, container

BY_US = "not-running"  # wait for that, then remove it: podman's own removal loses the exit code
ANSWERS = 2.0  # seconds from a program's last byte to its exit code, before it is asked whether it runs on


class Waiting:
    """The exit code, asked for before the start: a container that removes itself leaves none to ask for later.

    Podman is asked at the end: it looks every 250 ms what a container does, and would miss a short one's end for ever.
    """

    def __init__(self, there: There, ident: str, ends: str) -> None:
        self._there = there
        self._ident = ident
        self._ends = ends
        self._asked = None if there.client.podman else self._ask({"condition": ends})

    def _ask(self, query: dict[str, str]) -> Answer:
        return self._there.client.call("POST", container(self._ident, "wait"), query)

    def code(self) -> int:
        """Return it; a container that somebody detached from goes on, and 0 is the client's."""
        answer = self._asked or self._ask({})
        while not _has_come(answer):
            if self._runs():
                answer.close()
                return 0
        found = json.loads(answer.read() or b"{}")
        error = (found.get("Error") or {}).get("Message")
        if error:
            raise HostError(str(error))
        if self._ends == BY_US:
            living.discard(self._there, self._ident)
        if "StatusCode" not in found:
            raise HostError(f"the engine told no exit code of {self._ident[:12]}", "hull inspect tells what it knows")
        return int(found["StatusCode"])

    def give_up(self) -> None:
        """Let go: it has not started, and what was to be removed at its end is removed now."""
        if self._asked is not None:
            self._asked.close()
        if self._ends == BY_US:
            living.discard(self._there, self._ident)

    def _runs(self) -> bool:
        try:
            return bool(self._there.get(container(self._ident, "json"))["State"]["Running"])
        except Missing:  # it is being removed, and the answer is on its way
            return False


def _has_come(answer: Answer) -> bool:
    """Whether there is something to read, in a while; some of it may have come with the head."""
    file: Any = answer.response.fp
    answer.sock.setblocking(False)
    try:
        kept = bool(file is None or file.peek(1))
    except OSError:
        kept = False
    finally:
        answer.sock.setblocking(True)
    return kept or bool(heard(answer.sock.fileno(), seconds=ANSWERS))

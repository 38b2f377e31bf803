"""What a pull, a push or a load tells on its way, as the lines from which Docker's clients draw their bars."""

import time
from collections.abc import Callable
from typing import Any

from hull.log import Event
from hull.units import size

Say = Callable[[dict[str, Any]], None]
PAUSE = 0.1  # seconds between two lines that only count a layer's bytes
BAR = 50
HUNDRED = 100

PULLING = {"waiting": "Pulling fs layer", "pulling": "Downloading", "unpacking": "Download complete",
           "done": "Pull complete", "already here": "Already exists"}  # fmt: skip
PUSHING = {"waiting": "Preparing", "packing": "Waiting", "pushing": "Pushing", "already there": "Layer already exists",
           "done": "Pushed"}  # fmt: skip
COUNTED = ("pulling", "pushing")
LOADING = {"pulling": "Loading layer", "unpacking": "Loading layer"}


class Told:
    """An engine's events as Docker's lines. `words` are the statuses; `head` is said before the first layer's."""

    def __init__(self, say: Say, words: dict[str, str], head: dict[str, Any] | None = None) -> None:
        self._say, self._words, self._head = say, words, head
        self._last: dict[str, tuple[str, float]] = {}
        self._here: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take one event; layers come from several threads, one event at a time."""
        if event.kind == "warning":
            self._say({"status": f"WARNING: {event.text}"})
        if event.kind == "progress" and event.subject:
            self.begin()
            self._layer(event)

    def begin(self) -> None:
        """Say the head, once."""
        if self._head is not None:
            head, self._head = self._head, None
            self._say(head)

    def end(self, *, fresh: bool) -> None:
        """Say what was held back: of an image that was here as it is, Docker names no layer."""
        self.begin()
        if fresh or self._last:
            self._settle()

    def _settle(self) -> None:
        while self._here:
            self._line(self._here.pop(0), self._words["already here"])

    def _layer(self, event: Event) -> None:
        if event.text == "already here" and event.text in self._words:
            self._here.append(event.subject)
            return
        self._settle()
        status = self._words.get(event.text) or _otherwise(event.text)
        if not status:
            return
        text, when = self._last.get(event.subject, ("", 0.0))
        if not text and event.text in COUNTED:
            self._line(event.subject, self._words.get("waiting", status))
            self._last[event.subject] = text, when = "waiting", 0.0
        if event.text in COUNTED and not event.current:
            return
        if event.text == text and time.monotonic() - when < PAUSE:
            return
        self._last[event.subject] = event.text, time.monotonic()
        whole = event.total or event.current
        if event.text != "unpacking":
            self._line(event.subject, status, event.current if event.text in COUNTED else 0, event.total)
        elif self._words is PULLING:
            self._line(event.subject, status)
            self._line(event.subject, "Extracting", whole, whole)
        else:
            self._line(event.subject, status, whole, whole)

    def _line(self, subject: str, status: str, current: int = 0, total: int = 0) -> None:
        made: dict[str, Any] = {"status": status, "progressDetail": {}, "id": subject}
        if current:
            made["progressDetail"] = {"current": current, **({"total": total} if total else {})}
            made["progress"] = bar(current, total)
        self._say(made)


def _otherwise(text: str) -> str:
    """Return the status of what only some registries make happen."""
    if text.startswith("linked from "):
        return f"Mounted from {text.removeprefix('linked from ')}"
    return "Pushed" if text.startswith("pushed") else "Layer already exists" if text.startswith("already") else ""


def bar(current: int, total: int) -> str:
    """Return the bar that old clients print as it is."""
    if not total or current > total:
        return f"{size(current):>8}"
    done = current * HUNDRED // total // 2
    return f"[{'=' * done}>{' ' * (BAR - done)}] {size(current):>8}/{size(total)}"

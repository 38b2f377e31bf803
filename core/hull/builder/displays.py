"""How a build is shown: plain lines, a screen that is redrawn, or JSON for programs; each turns events into bytes."""

import json
import os
import shutil
import time

from hull.light import Any, Protocol

WIDE = 160
TAIL = 4  # lines of a running step on a screen
CACHED, FAILED, STOPPED = "CACHED", "ERROR", "CANCELED"  # how a step ended, where it was not carried out to its end
KINDS = ("auto", "plain", "tty", "quiet", "rawjson")


class Step:
    """One step on its way. `stage` is its label; `text` what it says; `number` of `count` in its stage.

    `whole` is the instruction as it was written; `triggered`, that a base image's ONBUILD has it. Where the display
    `identifies`: `container` names the one that a RUN is in, `ident` the image so far.
    """

    def __init__(self, stage: str, number: int, count: int, whole: str, *, triggered: bool = False) -> None:
        self.stage, self.number, self.whole, self.triggered = stage, number, whole, triggered
        self.text = whole.strip().split("\n", 1)[0]
        self.head = f"[{stage} {number}/{count}]"
        self.container = self.ident = ""
        self.begun = time.time()
        self.shown = False
        self.said: list[bytes] = []

    @property
    def name(self) -> str:
        """The step's line."""
        return f"{self.head} {self.text}"[:WIDE]

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.time() - self.begun


class Display(Protocol):
    """What a console asks.

    `hides` tells whether what programs write is lost unless somebody keeps it; `identifies`, whether it shows what
    images the steps make; `apart`, whether it tells a program's two streams apart.
    """

    hides: bool
    identifies: bool
    apart: bool

    def planned(self, before: list[str], stages: list[tuple[str, int]]) -> bytes:
        """Show what will be built: the instructions before the first stage, the stages and how many steps each has."""

    def closed(self, stage: str) -> bytes:
        """Show that no step of a stage comes any more."""

    def line(self, text: str) -> bytes:
        """Show a line."""

    def begun(self, step: Step) -> bytes:
        """Show that a step runs, which may take a while."""

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:
        """Show a line that a step's program wrote."""

    def ended(self, step: Step, end: str, error: str) -> bytes:
        """Show the end of a step: `end` is one of CACHED, FAILED and STOPPED, or ""."""

    def tick(self) -> bytes:
        """Show that time has passed."""


class Quiet:
    """Show nothing."""

    hides = True
    identifies = apart = False

    def planned(self, before: list[str], stages: list[tuple[str, int]]) -> bytes:  # noqa: ARG002
        """Show what will be built."""
        return b""

    def closed(self, stage: str) -> bytes:  # noqa: ARG002
        """Show that no step of a stage comes any more."""
        return b""

    def line(self, text: str) -> bytes:  # noqa: ARG002
        """Show a line."""
        return b""

    def begun(self, step: Step) -> bytes:  # noqa: ARG002
        """Show that a step runs."""
        return b""

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:  # noqa: ARG002
        """Show a line that a step's program wrote."""
        return b""

    def ended(self, step: Step, end: str, error: str) -> bytes:  # noqa: ARG002
        """Show the end of a step."""
        return b""

    def tick(self) -> bytes:
        """Show that time has passed."""
        return b""


class Plain(Quiet):
    """A line a step, with its time at its end, and below it what its program writes."""

    hides = False

    def line(self, text: str) -> bytes:
        """Show a line."""
        return _line(text)

    def begun(self, step: Step) -> bytes:
        """Show the step's line before it is done."""
        if step.shown:
            return b""
        step.shown = True
        return _line(step.name)

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:  # noqa: ARG002
        """Show a line that a step's program wrote."""
        return _line(f"  {step.stage} | {line.decode(errors='backslashreplace')}")

    def ended(self, step: Step, end: str, error: str) -> bytes:  # noqa: ARG002
        """Show the step's line, or that it is done; a failure is told by its error."""
        head = step.name if not step.shown else f"{step.head} done" if not end else step.head
        return _line(f"{head}  {end or f'{step.age:.1f}s'}")


class Screen(Plain):
    """Lines of what is done, and below them, redrawn, the steps that run with the last lines they wrote."""

    hides = True

    def __init__(self) -> None:
        self._running: list[Step] = []
        self._drawn = 0

    def line(self, text: str) -> bytes:
        """Show a line above what runs."""
        return self._redrawn(_line(text))

    def begun(self, step: Step) -> bytes:
        """Show a step among those that run."""
        step.shown = False
        self._running = [*(one for one in self._running if one is not step), step]
        return self._redrawn()

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:  # noqa: ARG002 (the step keeps it)
        """Show what a step wrote last."""
        return self._redrawn()

    def ended(self, step: Step, end: str, error: str) -> bytes:
        """Move a step to what is done."""
        self._running = [one for one in self._running if one is not step]
        return self._redrawn(super().ended(step, end, error))

    def tick(self) -> bytes:
        """Let the ages of what runs grow."""
        return self._redrawn() if self._running else b""

    def _redrawn(self, above: bytes = b"") -> bytes:
        wide = max(shutil.get_terminal_size().columns - 1, 20)
        rows = [row for step in self._running for row in self._rows(step)]
        rows = [_printable(row)[:wide] for row in rows]
        back = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        self._drawn = len(rows)
        return back.encode() + above + "".join(f"{row}\n" for row in rows).encode(errors="backslashreplace")

    def _rows(self, step: Step) -> list[str]:
        tail = [f"  {line.decode(errors='backslashreplace')}" for line in step.said[-TAIL:]]
        return [f"{step.name}  {step.age:.1f}s", *tail]


class Raw(Quiet):
    """JSON, an object a line, as BuildKit's clients know it: vertexes, logs, warnings."""

    def line(self, text: str) -> bytes:
        """Show a warning."""
        from base64 import b64encode

        return _json({"warnings": [{"level": 1, "short": b64encode(text.encode()).decode()}]})

    def begun(self, step: Step) -> bytes:
        """Show that a step runs."""
        return _json({"vertexes": [self._vertex(step)]})

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:
        """Show a line that a step's program wrote."""
        from base64 import b64encode

        data = b64encode(line + b"\n").decode()
        log = {"vertex": _digest(step), "stream": stream, "data": data, "timestamp": _stamp(time.time())}
        return _json({"logs": [log]})

    def ended(self, step: Step, end: str, error: str) -> bytes:
        """Show the end of a step."""
        made = {**self._vertex(step), "completed": _stamp(time.time())}
        made |= {"cached": True} if end == CACHED else {}
        return _json({"vertexes": [made | ({"error": error} if error else {})]})

    def _vertex(self, step: Step) -> dict[str, Any]:
        return {"digest": _digest(step), "name": step.name, "started": _stamp(step.begun)}


def of(kind: str, *, terminal: bool) -> Display:
    """Return the display of a kind (`KINDS`); auto is a screen on a terminal that can be redrawn, plain elsewhere."""
    if kind == "auto":
        kind = "tty" if terminal and os.environ.get("TERM", "dumb") != "dumb" else "plain"
    return {"quiet": Quiet, "plain": Plain, "tty": Screen, "rawjson": Raw}[kind]()


def _line(text: str) -> bytes:
    return f"{text}\n".encode(errors="backslashreplace")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text.rpartition("\r")[2] or text)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _digest(step: Step) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(step.name.encode(errors='backslashreplace')).hexdigest()}"


def _stamp(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

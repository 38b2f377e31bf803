"""A build as Docker's first builder tells it: a JSON object a line, the steps of all stages one after the other.

hull builds stages side by side. What the first unfinished stage tells goes out at once, the others' when it is over.
"""

import json
import re
import threading

from hull.builder import containers, displays
from hull.builder.displays import CACHED, FAILED, STOPPED, Step
from hull.dockerfile.place import DockerfileError
from hull.errors import HullError, UserError
from hull.light import Any

SHORT = 12
MOST = (
    2 << 20
)  # bytes of output that are kept: of a step for BuildKit's clients, of a stage that has to wait for its turn
CLIPPED = b"[output clipped, log limit 2MiB reached]"  # BuildKit's words
ESCAPED = re.compile(r"\\[ \t]*\r?\n[ \t]*")


def line(value: dict[str, Any]) -> bytes:
    """Return one object of the stream."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\r\n"


def said(text: str) -> bytes:
    """Return what is to be printed as it is."""
    return line({"stream": text})


def short(ident: str) -> str:
    """Return the part of an id that people are shown."""
    return ident.removeprefix("sha256:")[:SHORT]


class Cancelled(UserError):  # noqa: N818 (no error: somebody wanted it)
    """The client has gone, or has cancelled the build."""


class Silent(displays.Quiet):
    """Say nothing of the steps."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def tick(self) -> bytes:
        """End the build where nobody waits for it any more."""
        if self._stop.is_set():
            raise Cancelled("build cancelled")
        return b""


class Steps(Silent):
    """Docker's words for each event of a build.

    `aux` tells of the images that stages make, as since 1.30; `keep` says which containers of steps stay.
    """

    hides = False
    identifies = apart = True

    def __init__(self, stop: threading.Event, *, aux: bool = True, keep: str = containers.FAILED) -> None:
        super().__init__(stop)
        self._aux, self._keep = aux, keep
        self._waiting: list[str] = []  # the stages that are not over, the first is told at once
        self._kept: dict[str, list[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self._over: set[str] = set()
        self._first: dict[str, int] = {}
        self._total = 0
        self._idents: dict[str, str] = {}

    def planned(self, before: list[str], stages: list[tuple[str, int]]) -> bytes:
        """Give each step its number; the arguments before the first stage are steps of their own."""
        self._total = len(before) + sum(count for _, count in stages)
        number = len(before)
        for stage, count in stages:
            self._first[stage] = number
            self._waiting.append(stage)
            number += count
        return b"".join(self._head(place, text) for place, text in enumerate(before, 1))

    def begun(self, step: Step) -> bytes:
        """Show the step's line, and the container that it is in."""
        running = said(f" ---> Running in {short(step.container)}\n") if step.container else b""
        return self._told(step, self._opened(step) + running)

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:
        """Show a line that the step's program wrote; standard error is red."""
        if self._waiting and step.stage != self._waiting[0]:
            before = self._sizes.get(step.stage, 0)
            if before > MOST:
                return b""
            self._sizes[step.stage] = before + len(line) + 1
            line = line if self._sizes[step.stage] <= MOST else CLIPPED
        text = f"{line.decode(errors='replace')}\n"
        return self._told(step, said(text if stream == 1 else f"\x1b[91m{text}\x1b[0m"))

    def ended(self, step: Step, end: str, error: str) -> bytes:  # noqa: ARG002 (the build's own error says it)
        """Show what the step has made."""
        made = self._opened(step)
        if end == CACHED:
            made += said(" ---> Using cache\n")
        stays = containers.NEVER if end == STOPPED else containers.FAILED if end == FAILED else containers.ALWAYS
        if step.container and self._keep not in {stays, containers.ALWAYS}:
            made += said(f" ---> Removed intermediate container {short(step.container)}\n")
        if end in {FAILED, STOPPED}:
            self._idents.pop(step.stage, None)  # the stage has no image
        else:
            self._idents[step.stage] = step.ident
            made += said(f" ---> {short(step.ident)}\n")
        return self._told(step, made)

    def closed(self, stage: str) -> bytes:
        """Show the image of a stage that is over, and then what the next ones have said meanwhile."""
        self._over.add(stage)
        made = b""
        while self._waiting and self._waiting[0] in self._over:
            over = self._waiting.pop(0)
            made += self._image(over)
            made += b"".join(self._kept.pop(self._waiting[0], [])) if self._waiting else b""
        return made

    def line(self, text: str) -> bytes:
        """Show a warning."""
        return said(f"{text}\n")

    def _image(self, stage: str) -> bytes:
        ident = self._idents.get(stage, "")
        return line({"aux": {"ID": ident}}) if self._aux and ident else b""

    def _opened(self, step: Step) -> bytes:
        if step.shown or step.triggered:
            return b""
        step.shown = True
        return self._head(self._first.get(step.stage, 0) + step.number, step.whole)

    def _head(self, number: int, text: str) -> bytes:
        return said(f"Step {number}/{self._total} : {ESCAPED.sub('', text.strip())}\n")

    def _told(self, step: Step, made: bytes) -> bytes:
        if not self._waiting or step.stage == self._waiting[0]:
            return made
        self._kept.setdefault(step.stage, []).append(made)
        return b""


def failed(message: str, code: int = 0) -> bytes:
    """Return the last object of a build that failed."""
    detail: dict[str, Any] = {"code": code} if code else {}
    return line({"errorDetail": {**detail, "message": message}, "error": message})


def words_of(error: HullError) -> tuple[str, int]:
    """Return Docker's words for a failure, and the code of a program that failed."""
    if not isinstance(error, DockerfileError):
        return error.message, 0
    if error.code:
        command = " ".join(error.command)
        return f"The command '{command}' returned a non-zero code: {error.code}", error.code
    reason = error.reason
    if isinstance(error.__cause__, HullError):  # a step that could not be carried out: its reason is not the file's
        return f"{reason} ({error.hint})" if error.hint else reason, 0
    if reason.startswith("there is no FROM"):
        return "file with no instructions", 0
    if reason.startswith("there is no instruction "):
        reason = f"unknown instruction: {reason.split(chr(39))[1]}"
    return f"dockerfile parse error on line {error.line}: {reason}", 0

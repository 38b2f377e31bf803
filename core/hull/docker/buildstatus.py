"""A build as BuildKit's clients draw it: vertexes, logs and warnings, each event an encoded Status message."""

import hashlib
import json
import os
import re
import threading
import time
from base64 import b64encode
from typing import Any

from hull.builder.building import Built
from hull.builder.displays import CACHED, FAILED, STOPPED, Step
from hull.docker import buildlent, buildsteps
from hull.docker.buildsteps import CLIPPED, MOST
from hull.dockerfile.place import DockerfileError
from hull.errors import HullError

SOURCE = "github.com/moby/buildkit/errdefs.Source+json"
UNKNOWN = 2
PLACE = re.compile(r"^\S*:\d+:\d+: ")  # where an error is, which is shown apart


class Statuses(buildsteps.Silent):
    """The display. `types` are the messages (`buildmessages.Types`)."""

    hides = False
    apart = True

    def __init__(self, types: Any, stop: threading.Event) -> None:
        super().__init__(stop)
        self._types = types
        self._salt = os.urandom(8).hex()  # a vertex is one build's
        self._last: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._file, self._text = "Dockerfile", b""

    def read(self, found: buildlent.Found) -> None:
        """Know the Dockerfile: an error shows its lines."""
        if found.sent is not None and found.sent.text is not None:
            self._file, self._text = found.file, found.sent.text

    def note(self, text: str) -> bytes:
        """Tell of something that was done and is no step of the Dockerfile."""
        now = time.time()
        return self._status(vertexes=[self._vertex(text, now, now)])

    def line(self, text: str) -> bytes:
        """Show a warning."""
        return self._status(warnings=[self._types.VertexWarning(level=1, short=text.encode())])

    def begun(self, step: Step) -> bytes:
        """Show that a step runs."""
        return self._status(vertexes=[self._step(step)])

    def wrote(self, step: Step, line: bytes, stream: int = 1) -> bytes:
        """Show a line that the step's program wrote, up to MOST bytes of them."""
        vertex = self._digest(step.name)
        before = self._sizes.get(vertex, 0)
        if before > MOST:
            return b""
        self._sizes[vertex] = after = before + len(line) + 1
        text = (line if after <= MOST else CLIPPED) + b"\n"
        log = self._types.VertexLog(vertex=vertex, timestamp=self._stamp(time.time()), stream=stream, msg=text)
        return self._status(logs=[log])

    def ended(self, step: Step, end: str, error: str) -> bytes:
        """Show the end of a step."""
        vertex = self._step(step, time.time())
        vertex.cached = end == CACHED
        if end in {FAILED, STOPPED}:
            vertex.error = PLACE.sub("", error.partition("\n")[0]) or end
        self._last[step.stage] = vertex.digest
        return self._status(vertexes=[vertex])

    def exported(self, built: Built) -> bytes:
        """Show where the result is."""
        now = time.time()
        vertex = self._vertex("exporting to image" if built.ident else "exporting", now, now)
        said = [f"writing image {built.ident}", *(f"naming to {name}" for name in built.names)] if built.ident else []
        done = [
            self._types.VertexStatus(ID=text, vertex=vertex.digest, timestamp=self._stamp(now),
                                     started=self._stamp(now), completed=self._stamp(now))
            for text in said
        ]  # fmt: skip
        return self._status(vertexes=[vertex], statuses=done)

    def failure(self, error: HullError) -> tuple[str, bytes]:
        """Return what the client is told of a failure: its words, and an encoded status that shows the file's lines."""
        message = words_of(error)
        details = []
        if isinstance(error, DockerfileError) and self._text:
            ranges = [{"start": {"line": error.line}, "end": {"line": error.line}}]
            info = {"filename": self._file, "data": b64encode(self._text).decode()}
            text = json.dumps({"info": info, "ranges": ranges}).encode()
            details = [self._types.Any(type_url=SOURCE, value=text)]
        made: bytes = self._types.Failure(code=UNKNOWN, message=message, details=details).SerializeToString()
        return message, made

    def _status(self, **fields: Any) -> bytes:
        made: bytes = self._types.Status(**fields).SerializeToString()
        return made

    def _step(self, step: Step, end: float | None = None) -> Any:
        inputs = [self._last[step.stage]] if step.stage in self._last else []
        return self._vertex(step.name, step.begun, end, inputs)

    def _vertex(self, name: str, begun: float, end: float | None, inputs: list[str] | None = None) -> Any:
        made = self._types.Vertex(digest=self._digest(name), name=name, started=self._stamp(begun), inputs=inputs or [])
        if end is not None:
            made.completed.CopyFrom(self._stamp(end))
        return made

    def _digest(self, name: str) -> str:
        return f"sha256:{hashlib.sha256(f'{self._salt} {name}'.encode(errors='backslashreplace')).hexdigest()}"

    def _stamp(self, seconds: float) -> Any:
        return self._types.Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1_000_000_000))


def words_of(error: HullError) -> str:
    """Return BuildKit's words for a failure."""
    if isinstance(error, DockerfileError) and error.code:
        command = " ".join(error.command)
        return f'process "{command}" did not complete successfully: exit code: {error.code}'
    message = buildsteps.words_of(error)[0]
    return f"{message} ({error.hint})" if error.hint and error.hint not in message else message

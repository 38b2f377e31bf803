"""A build is recorded while it is shown."""

import contextlib
import json
import tempfile
import time

from hull import log
from hull.builder import displays, history
from hull.engine import Engine
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.builder.building import Built

CLIP = 2 << 20  # bytes of a step's output
SMALL = 1 << 16  # bytes of a log that touches the disk only as a record


class Recording:
    """A display that keeps what another one is shown, what programs write with `output`; `end` makes the record."""

    def __init__(self, engine: Engine, about: history.About, inner: "displays.Display", *, output: bool) -> None:
        self._engine, self._about, self._inner, self._output = engine, about, inner, output
        self.hides, self.identifies, self.apart = inner.hides, inner.identifies, inner.apart
        self._raw = displays.Raw()
        self._created, self._total = time.time(), 0
        self._sizes: dict[str, int] = {}
        self._steps: dict[str, dict[str, Any]] = {}
        self._log = tempfile.SpooledTemporaryFile(SMALL, dir=engine.paths.scratch)  # noqa: SIM115 (end closes it)

    def planned(self, before: list[str], stages: list[tuple[str, int]]) -> bytes:
        """Count the steps."""
        self._total = sum(count for _, count in stages)
        return self._inner.planned(before, stages)

    def closed(self, stage: str) -> bytes:
        """Show that no step of a stage comes any more."""
        return self._inner.closed(stage)

    def line(self, text: str) -> bytes:
        """Keep a line."""
        self._keep(self._raw.line(text))
        return self._inner.line(text)

    def begun(self, step: displays.Step) -> bytes:
        """Keep that a step runs."""
        self._note(self._raw.begun(step))
        return self._inner.begun(step)

    def wrote(self, step: displays.Step, line: bytes, stream: int = 1) -> bytes:
        """Keep a line that a step's program wrote, as far as there is room."""
        self._sizes[step.name] = size = self._sizes.get(step.name, 0) + len(line) + 1
        if self._output and size <= CLIP:
            self._keep(self._raw.wrote(step, line, stream))
        return self._inner.wrote(step, line, stream)

    def ended(self, step: displays.Step, end: str, error: str) -> bytes:
        """Keep the end of a step."""
        self._note(self._raw.ended(step, end, error))
        return self._inner.ended(step, end, error)

    def tick(self) -> bytes:
        """Show that time has passed."""
        return self._inner.tick()

    def _note(self, line: bytes) -> None:
        self._keep(line)
        for vertex in json.loads(line)["vertexes"]:
            self._steps[vertex["digest"]] = vertex

    def _keep(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # of a full disk the build itself says more
            self._log.write(line)

    def end(self, built: "Built | None", error: BaseException | None) -> None:
        """Make the record; a build does not fail where that cannot be done."""
        told = "canceled" if built is None and error is None else getattr(error, "message", str(error or ""))
        answer, steps = history.answered(built) if built else {}, tuple(self._steps.values())
        record = history.Record(self._about, self._created, time.time(), told, answer, steps, self._total)
        try:
            with self._log:
                self._log.seek(0)
                if self._about.ref:
                    history.add(self._engine, record, self._log)
        except OSError as failure:
            self._engine.events(log.Event("warning", "build", f"there is no record of it: {failure.strerror}"))

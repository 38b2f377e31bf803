"""Builds that are over as BuildKit's clients see them: records, what was told, and the trace of spans.

Source: BuildHistoryRecord of api/services/control; tracetest's SpanStub, which is what a trace's content is.
"""

import hashlib
import io
import json
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hull.builder import history
from hull.builder.history import About, Record
from hull.engine import Engine

STARTED, COMPLETE, DELETED = range(3)
TRACE = "application/vnd.buildkit.otlp.json.v0"
UNKNOWN = 2
NOBODY = "0" * 16


class Begun(NamedTuple):
    """A build on its way."""

    about: About
    created: float


def begin(ref: str, frontend: str, attributes: Mapping[str, str], exporters: Any, parent: str) -> Begun:
    """Return a build that begins now; `exporters` are pairs of type and attributes."""
    return Begun(About(ref, frontend, tuple(attributes.items()), tuple(exporters), parent), time.time())


def settle(engine: Engine, one: Begun, error: str) -> None:
    """Let the record say how its client was answered; make one where the builder was not asked for anything."""
    found = history.find(engine, one.about.ref)
    if found is not None:
        history.amend(engine, found._replace(error=error))
    else:
        history.add(engine, Record(one.about, one.created, time.time(), error, {}, (), 0), io.BytesIO())


def records(engine: Engine, types: Any, ref: str = "") -> list[Any]:
    """Return the records of the builds that are over, the oldest first; that of one where it is named."""
    one = history.find(engine, ref) if ref else None
    found = history.all_(engine) if not ref else [] if one is None else [one]
    return [over(types, record) for record in found]


def content(engine: Engine, wanted: str) -> bytes | None:
    """Return the trace with a digest."""
    return next((made for record in history.all_(engine) if digest(made := trace(record)) == wanted), None)


def change(engine: Engine, ref: str, *, pinned: bool, delete: bool) -> bool:
    """Pin or remove a record; whether there was one."""
    record = history.find(engine, ref)
    if record is None:
        return False
    if delete:
        history.forget(engine, ref)
    else:
        history.amend(engine, record._replace(pinned=pinned))
    return True


def replay(engine: Engine, types: Any, ref: str) -> list[bytes] | None:
    """Return what a build that is over told, as Control.Status tells it; None where there is no record of it."""
    return None if history.find(engine, ref) is None else list(statuses(types, history.log(engine, ref)))


def begun(types: Any, about: About, created: float) -> Any:
    """Return the record of a build on its way."""
    exporters = [types.Exporter(Type=kind, Attrs=given) for kind, given in about.exporters]
    return types.HistoryRecord(
        Ref=about.ref, Frontend=about.frontend, FrontendAttrs=dict(about.attributes), Exporters=exporters,
        CreatedAt=_stamp(types, created),
    )  # fmt: skip


def over(types: Any, record: Record) -> Any:
    """Return the record of a build that is over."""
    made = begun(types, record.about, record.created)
    made.CompletedAt.CopyFrom(_stamp(types, record.completed))
    if record.error:
        made.error.CopyFrom(types.Failure(code=UNKNOWN, message=record.error))
    made.ExporterResponse.update(record.answer)
    made.numTotalSteps, made.pinned = max(record.total, len(record.steps)), record.pinned
    ended = [step for step in record.steps if "completed" in step and "error" not in step]
    made.numCompletedSteps = len(ended)
    made.numCachedSteps = sum(bool(step.get("cached")) for step in ended)
    content = trace(record)
    made.trace.CopyFrom(types.Descriptor(media_type=TRACE, digest=digest(content), size=len(content)))
    return made


def digest(content: bytes) -> str:
    """Return the name of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def trace(record: Record) -> bytes:
    """Return the spans: the build, below what its client was at, and its steps below it."""
    version, ident, parent = (*record.about.parent.split("-"), "", "", "")[:3]
    if version != "00" or len(ident) != len(NOBODY) * 2 or len(parent) != len(NOBODY):
        ident, parent = _hex(record.about.ref, len(NOBODY) * 2), NOBODY
    top = _hex(f"{record.about.ref} build", len(NOBODY))
    whole = (record.created, record.completed)
    spans = [_span(ident, top, parent, "moby.buildkit.v1.Control/Solve", whole, record.error)]
    for step in record.steps:
        span = _hex(f"{record.about.ref} {step['digest']}", len(NOBODY))
        begin = _seconds(step["started"])
        end = _seconds(step["completed"]) if "completed" in step else record.completed
        spans.append(_span(ident, span, top, step["name"], (begin, end), step.get("error", "")))
    return b"".join(json.dumps(span).encode() + b"\n" for span in spans)


def _span(  # noqa: PLR0917 (each is a different fact)
    trace_id: str, span: str, parent: str, name: str, times: tuple[float, float], error: str
) -> dict[str, Any]:
    context = {"TraceID": trace_id, "TraceFlags": "01", "TraceState": "", "Remote": False}
    begin, end = (datetime.fromtimestamp(one, UTC).isoformat() for one in times)
    status = {"Code": "Error", "Description": error} if error else {"Code": "Unset", "Description": ""}
    return {
        "Name": name, "SpanContext": {**context, "SpanID": span}, "Parent": {**context, "SpanID": parent},
        "SpanKind": 1, "StartTime": begin, "EndTime": end, "Attributes": [], "Events": None, "Links": None,
        "Status": status, "DroppedAttributes": 0, "DroppedEvents": 0, "DroppedLinks": 0, "ChildSpanCount": 0,
        "Resource": [{"Key": "service.name", "Value": {"Type": "STRING", "Value": "hull"}}],
        "InstrumentationLibrary": {"Name": "hull", "Version": "", "SchemaURL": ""},
    }  # fmt: skip


def statuses(types: Any, told: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield what a build told, as Control.Status tells it."""
    for one in told:
        vertexes = [_vertex(types, vertex) for vertex in one.get("vertexes", ())]
        logs = [
            types.VertexLog(vertex=row["vertex"], stream=row["stream"], msg=b64decode(row["data"]),
                            timestamp=_stamp(types, _seconds(row["timestamp"])))
            for row in one.get("logs", ())
        ]  # fmt: skip
        warnings = [
            types.VertexWarning(level=row["level"], short=b64decode(row["short"])) for row in one.get("warnings", ())
        ]
        yield types.Status(vertexes=vertexes, logs=logs, warnings=warnings).SerializeToString()


def _vertex(types: Any, vertex: dict[str, Any]) -> Any:
    made = types.Vertex(
        digest=vertex["digest"], name=vertex["name"], started=_stamp(types, _seconds(vertex["started"])),
        cached=bool(vertex.get("cached")), error=vertex.get("error", ""),
    )  # fmt: skip
    if "completed" in vertex:
        made.completed.CopyFrom(_stamp(types, _seconds(vertex["completed"])))
    return made


def _hex(text: str, size: int) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:size]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _stamp(types: Any, seconds: float) -> Any:
    return types.Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1_000_000_000))

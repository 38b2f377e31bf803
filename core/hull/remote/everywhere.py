"""One listing of every context: all are asked side by side, each row says whose it is."""

import os

from hull import paths
from hull.commands._line import Call
from hull.contexts import probing
from hull.contexts.context import LOCAL, Context
from hull.contexts.stored import Stored
from hull.engine import Engine
from hull.errors import HostError, HullError, Several, UserError
from hull.light import Any
from hull.log import Events
from hull.remote import carrying
from hull.remote.there import There

PATIENCE = 15.0  # seconds for each: a first connection by ssh may take a few
PARTLY = 1  # the exit code where some did not answer, as kubectl's and docker's for a part that failed


def ask_all(call: Call, events: Events) -> list[Any]:
    """Return the rows of all contexts; Several where one does not answer, after the rows of those that do."""
    if call.context:
        raise UserError("cannot use --context together with --all-contexts", "leave out one of them")
    flags = {key: value for key, value in call.flags.items() if key != "all_contexts"}
    call = call._replace(flags=flags)
    places = paths.find()
    paths.prepare(places)
    contexts = {one.name: one for one in Stored(places.config, dict(os.environ)).all()}
    found = probing.together(contexts, lambda name: _one(contexts[name], call, places.runtime, events), PATIENCE)
    rows = [_labelled(name, row) for name, (value, _) in found.items() for row in value or ()]
    errors = [_told(name, error) for name, (_, error) in found.items() if error is not None]
    if errors:
        failed = Several(rows, errors)
        failed.exit_code = PARTLY
        raise failed
    return rows


def _one(context: Context, call: Call, runtime: str, events: Events) -> Any:
    if context.fault:
        raise HostError(context.fault, "hull context ls tells of all; hull context rm -f NAME forgets one")
    if context.kind != LOCAL:
        return carrying.ask(There(context, runtime, events, PATIENCE), call)
    engine = Engine(events=events)
    try:
        return call(lambda: engine)
    finally:
        engine.close()


def _told(name: str, error: HullError) -> HullError:
    return error if name in error.message else type(error)(f"{name}: {error.message}", error.hint)


class _InContext(tuple[Any, ...]):
    """A row with the name of its context before it; its class is made for the class of the row."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    inner: Any = None

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        return {"Context": self[0], **type(self).inner(*self[1:]).placeholders()}

    @classmethod
    def headings(cls) -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return {"Context": "CONTEXT", **cls.inner.headings()}

    @classmethod
    def layout(cls, rows: "list[_InContext]") -> tuple[str, ...]:
        """Return the columns of the table, the context's first."""
        return ("Context", *cls.inner.layout([cls.inner(*row[1:]) for row in rows]))


def _labelled(name: str, row: Any) -> Any:
    if isinstance(row, str):
        return row
    kind = type(row)
    space = {"__slots__": (), "_fields": ("context", *row._fields), "inner": kind}
    return type(kind.__name__, (_InContext,), space)((name, *row))

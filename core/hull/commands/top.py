"""hull top: the processes of a container, as the host sees them."""

from hull.commands import _ps
from hull.commands._verb import Flag, Word
from hull.commands.ui import View, view
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated, Any, NamedTuple

if TYPE_CHECKING:
    from hull.state.containers import Container

Many = tuple[str, ...]


class ProcessRow(NamedTuple):
    """One process under ps's columns of `-ef`; ids and pids are the host's."""

    uid: str
    pid: str
    ppid: str
    c: str
    stime: str
    tty: str
    time: str
    cmd: str


class OtherRow(tuple[Any, ...]):
    """One process under the columns that were asked, whatever they are called."""

    __slots__ = ()
    _fields: Many = ()

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))


def top(
    engine: Engine,
    container: Annotated[str, Word("name or id of a running container", complete="container")] = "",
    options: Annotated[Many, Word("ps options: -ef, aux, -o COLUMN,…", rest=True)] = (),
    *,
    interactive: Annotated[bool, Flag("live, on the whole terminal: hull ui, which begins there", "i")] = False,
) -> list[ProcessRow] | View:
    """List the processes of a container."""
    if interactive:
        return view(engine, container, tab="processes")
    if not container:
        raise UserError("hull top needs a container", "hull top CONTAINER; hull top -i shows all of them, live")
    from hull.state import lifecycle

    row = engine.containers.find(container)
    lifecycle.require(row, engine.containers.status(row).state, "top")
    header, *rows = cells(engine, row, options)
    if header == tuple(column.header for column in _ps.FULL):
        return [ProcessRow(*values) for values in rows]
    made: Any = type("Row", (OtherRow,), {"__slots__": (), "_fields": header})
    return [made(values) for values in rows]


def cells(engine: Engine, row: "Container", options: Many) -> list[Many]:
    """Return the headers of the columns that ps options ask for, then a row for each process of one that runs."""
    from hull.runtime import members

    columns = _ps.columns(options)
    moment = _ps.Moment.take()
    found = members.find(engine.containers.status(row).init.pid)
    return [tuple(c.header for c in columns), *(tuple(_ps.value(c, m, moment) for c in columns) for m in found)]

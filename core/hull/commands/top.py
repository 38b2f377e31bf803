"""hull top: the processes of a container, as the host sees them."""

from hull.commands import _ps
from hull.commands._verb import Flag, Word
from hull.commands.ui import View, view
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any, NamedTuple

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
    from hull.runtime import members
    from hull.state import lifecycle

    columns = _ps.columns(options)
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "top")
    moment = _ps.Moment.take()
    cells = [[_ps.value(c, member, moment) for c in columns] for member in members.find(status.init.pid)]
    if columns == _ps.FULL:
        return [ProcessRow(*values) for values in cells]
    made: Any = type("Row", (OtherRow,), {"__slots__": (), "_fields": tuple(c.header for c in columns)})
    return [made(values) for values in cells]

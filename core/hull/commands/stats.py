"""hull stats: what containers use, once or live."""

import time
from collections.abc import Callable, Iterator

from hull import log
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import TYPE_CHECKING, Annotated, Any, NamedTuple
from hull.units import size

if TYPE_CHECKING:
    from hull.runtime.usage import Usage
    from hull.state.containers import Container

Many = tuple[str, ...]
INTERVAL = 1.0  # seconds between two looks, and so between two tables
SHORT = 12
HEADINGS = {
    "Container": "CONTAINER",
    "ID": "CONTAINER ID",
    "Name": "NAME",
    "CPUPerc": "CPU %",
    "MemUsage": "MEM USAGE / LIMIT",
    "MemPerc": "MEM %",
    "NetIO": "NET I/O",
    "BlockIO": "BLOCK I/O",
    "PIDs": "PIDS",
}
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class StatsRow(NamedTuple):
    """What one container uses: bytes, `cpu` in hundredths of one core; all 0 where it does not run.

    `source` is cgroup, or processes where the container has no control group of its own.
    """

    container_id: str
    name: str
    cpu: float
    memory: int
    limit: int
    received: int
    sent: int
    read: int
    written: int
    pids: int
    source: str

    def placeholders(self) -> dict[str, Any]:
        """Return Docker's placeholders."""
        return {
            "Container": self.container_id,
            "ID": self.container_id,
            "Name": self.name,
            "CPUPerc": f"{self.cpu:.2f}%",
            "MemUsage": f"{binary(self.memory)} / {binary(self.limit)}",
            "MemPerc": f"{100 * self.memory / self.limit if self.limit else 0:.2f}%",
            "NetIO": f"{size(self.received)} / {size(self.sent)}",
            "BlockIO": f"{size(self.read)} / {size(self.written)}",
            "PIDs": str(self.pids),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return Docker's columns."""
        return dict(HEADINGS)

    @staticmethod
    def layout(_rows: Any) -> Many:
        """Return the placeholders of Docker's table."""
        return tuple(HEADINGS)[1:]


class Live:
    """A table that is drawn again and again, until it is interrupted; a front knows it by `frames`."""

    def __init__(self, frames: Callable[[], Iterator[list[StatsRow]]]) -> None:
        self.frames = frames

    def __iter__(self) -> Iterator[list[StatsRow]]:
        return self.frames()


def stats(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids; all that run if none", complete="container")] = (),
    *,
    all: Annotated[bool, Flag("show those that do not run, too", "a")] = False,
    no_stream: Annotated[bool, Flag("print one table and end")] = False,
    no_trunc: Annotated[bool, Flag("do not shorten ids")] = False,
) -> list[StatsRow] | Live:
    """Show what containers use: processor, memory, network, disks."""
    _chosen(engine, containers, everyone=all)
    frames = _frames(engine, containers, everyone=all, whole=no_trunc)
    return next(frames) if no_stream else Live(lambda: frames)


def _frames(engine: Engine, containers: Many, *, everyone: bool, whole: bool) -> Iterator[list[StatsRow]]:
    before: dict[str, Usage] = _look(engine, _chosen(engine, containers, everyone=everyone))
    _say(engine, before)
    while True:
        time.sleep(INTERVAL)
        rows = _chosen(engine, containers, everyone=everyone)
        now = _look(engine, rows)
        yield [_row(row, now.get(row.id), before.get(row.id), whole) for row in rows]
        before = now


def _chosen(engine: Engine, containers: Many, *, everyone: bool) -> "list[Container]":
    if containers:
        return [engine.containers.find(word) for word in containers]
    rows = [row for row in engine.containers.all() if not engine.containers.forget_if_gone(row)]
    return [row for row in rows if everyone or engine.containers.status(row).up]


def _look(engine: Engine, rows: "list[Container]") -> "dict[str, Usage]":
    """Look at those that run."""
    from hull.runtime import members, membership, usage

    table, found = members.Table.take(), {}
    for row in rows:
        status = engine.containers.status(row)
        if status.up and status.init.alive:
            group = membership.own_group(status.init.pid, row.id)
            found[row.id] = usage.look(status.init.pid, group, table)
    return found


def _say(engine: Engine, found: "dict[str, Usage]") -> None:
    summed = sum(use.source == "processes" for use in found.values())
    if summed:
        what = "one has" if summed == 1 else f"{summed} have"
        text = f"{what} no control group (a limit gives one): summed over the processes of each"
        engine.events(log.Event("note", "stats", text))


def _row(row: "Container", use: "Usage | None", before: "Usage | None", whole: bool) -> StatsRow:
    ident = row.id if whole else row.id[:SHORT]
    if use is None:
        return StatsRow(ident, row.name, 0.0, 0, 0, 0, 0, 0, 0, 0, "")
    share = use.percent(before) if before else 0.0
    numbers = (use.memory, use.limit, use.received, use.sent, use.read, use.written, use.pids)
    return StatsRow(ident, row.name, share, *numbers, use.source)


def binary(count: float) -> str:
    """Return bytes in binary units, four significant digits, as Docker writes memory: 1.945GiB."""
    step = 0
    while count >= 1024 and step < len(BINARY) - 1:  # noqa: PLR2004
        count /= 1024
        step += 1
    return f"{count:.4g}{BINARY[step]}"

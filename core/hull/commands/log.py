"""hull log: the states that a container's files have been in."""

import time

from hull.commands._listing import shortened
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any, NamedTuple
from hull.state.containers import Container
from hull.units import size, span

HEADINGS = {
    "Here": " ",
    "Number": "N",
    "Created": "WHEN",
    "Label": "COMMAND",
    "Code": "EXIT",
    "Made": "MADE",
    "Changes": "CHANGES",
    "Size": "SIZE",
}
WIDTH = 46  # of a command in the table; --json has all of it
SHOWN = ("Here", "Number", "Created", "Label", "Code")


class LogRow(NamedTuple):
    """One state. `number` 0 is the beginning; `here` is whether the container stands on it.

    `parent` is the state that it came after, -1 for the beginning; `code` the exit code of the command in `label`.
    `changes` and `size` are the entries and bytes of its own layer, None where they were not asked for. `keep` is the
    id of a keep; its `here` says that it stands, its number is -1.
    """

    here: bool
    number: int
    parent: int
    created: float
    label: str
    code: int | None
    made: str
    changes: int | None = None
    size: int | None = None
    keep: str = ""

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        return {
            "Here": ("+" if self.keep else "*") if self.here else "",
            "Number": self.keep or str(self.number),
            "Keep": self.keep,
            "Parent": str(self.parent),
            "Created": f"{span(time.time() - self.created)} ago",
            "Label": shortened(self.label, WIDTH),
            "Code": "" if self.code is None else str(self.code),
            "Made": self.made,
            "Changes": "" if self.changes is None else str(self.changes),
            "Size": "" if self.size is None else size(self.size),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return HEADINGS

    @staticmethod
    def layout(rows: "list[LogRow]") -> tuple[str, ...]:
        """Return the columns of the table."""
        return (*SHOWN, "Changes", "Size") if any(row.size is not None for row in rows) else SHOWN


def log(
    engine: Engine,
    container: Annotated[str, Word("name or id; the one with the latest checkpoint if none", complete="state")] = "",
    *,
    stat: Annotated[bool, Flag("show how many entries and bytes each state added", "s")] = False,
) -> list[LogRow]:
    """List the states that `hull undo`, `redo`, `branch` and `diff` go to, as NAME@N; the newest first.

    What was kept of a try on this machine is listed among them, by the keep's id.
    """
    from hull.trials import history

    row = engine.containers.find(container) if container else _latest(engine)
    found, stands = history.all_of(engine, row)
    counts = history.weights(engine, row, found) if stat else [(None, None)] * len(found)
    rows = [
        LogRow(one.number == stands, one.number, one.parent, one.created, one.label, one.code, one.made, *count)
        for one, count in zip(found, counts, strict=True)
    ]
    shown = [*rows[::-1], LogRow(stands == 0, 0, -1, row.created, "(the beginning)", None, "")]
    for keep in _keeps(engine, row):  # a branch is younger than the states that it has from its origin
        place = next((place for place, one in enumerate(shown) if one.created <= keep.created), len(shown))
        shown.insert(place, keep)
    return shown


def _keeps(engine: Engine, row: Container) -> list[LogRow]:
    """Return what was kept of a try."""
    if row.spec.trial is None:
        return []
    from hull.commands import _keeping
    from hull.trials import journal, journal_reading

    return [
        LogRow(head.kept, -1, -1, head.made, f"(kept: {_keeping.counts(head)})", None, "", keep=head.id)
        for head in journal_reading.heads(engine.paths.data)
        if head.container == row.id and head.state == journal.SETTLED
    ]


def _latest(engine: Engine) -> Container:
    from hull.state.snapshots import Snapshots

    ident = Snapshots(engine.db).latest()
    if not ident:
        from hull.commands import _trial

        tries = _trial.every(engine)
        if not tries:
            raise UserError("there is no checkpoint", "hull checkpoint NAME, or hull run --checkpoint auto")
        return tries[0]
    return engine.containers.find(ident)

"""What `hull diff` compares, and the ways in which it is shown."""

import os
import sys
from collections.abc import Iterator

from hull.engine import Engine
from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.state.containers import Container
from hull.trials.changes import Change
from hull.trials.reporting import Lines
from hull.trials.walking import View


class Compared(NamedTuple):
    """Two states of a container, or of two with one base, and what differs."""

    row: Container
    view: View
    changes: list[Change]

    @property
    def of_host(self) -> bool:
        """Whether this machine itself is the old state."""
        return self.view.on_host and not self.view.old


def is_plain(engine: Engine, name: str) -> bool:
    """Whether it is a container as it is now, no try."""
    return "@" not in name and engine.containers.find(name).spec.trial is None


def docker_lines(engine: Engine, name: str) -> list[str]:
    """Return what a container added (A), changed (C) and deleted (D)."""
    from hull.commands._files import Files

    data = b"".join(Files(engine, engine.containers.find(name)).upper().stream("changes"))
    return [line.decode(errors="surrogateescape") for line in data.split(b"\0")[:-1]]


def find(engine: Engine, name: str, other: str, only: tuple[str, ...]) -> Compared:
    """Compare: a state with what it stands on, or with another one."""
    from hull.commands import _trial
    from hull.trials import history, walking

    row, new = history.layers(engine, name or _trial.latest(engine).id)
    old: tuple[str, ...] = ()
    if other:
        second, old, new = history.layers(engine, other)[0], new, history.layers(engine, other)[1]
        if (second.config.layers, second.spec.userns) != (row.config.layers, row.spec.userns):
            raise UserError(
                f"cannot compare {row.name} with {second.name}: they do not stand on the same files",
                "hull diff NAME shows what each changed",
            )
        row = second
    view = walking.view_of(engine, row, new, old, only)
    return Compared(row, view, walking.between(engine, row, new, old, only))


def lines(engine: Engine, found: Compared, *, stat: bool, names: bool, whole: bool) -> Lines:
    """Return the list of changes, or their statistics, or their paths."""
    from hull.trials import packages, reporting, reporting_groups
    from hull.trials.texts import quoted
    from hull.trials.walking_contents import Contents

    changes = found.changes
    if names:
        return Lines([reporting.Piece(quoted(c.path))] for c in changes if whole or not reporting.is_noise(c))
    if stat:
        return Lines(reporting.statistics(changes))
    with Contents(engine, found.row, found.view) as contents:
        rows = [] if whole else packages.summary(changes, contents)
    identity = engine.identity(found.row.spec.userns)
    groups = reporting_groups.grouped(changes, identity) if found.of_host else [("", changes)]
    return Lines(reporting.listing(groups, rows, whole=whole))


def document(engine: Engine, found: Compared) -> Lines:
    """Return everything as one JSON document."""
    import json

    from hull.trials import packages, records, reporting
    from hull.trials.walking_contents import Contents

    with Contents(engine, found.row, found.view) as contents:
        rows = packages.summary(found.changes, contents)
    whole: dict[str, Any] = {
        "name": found.row.name,
        "id": found.row.id,
        "packages": [row._asdict() for row in rows],
        "changes": [records.document(change) for change in found.changes],
    }
    return Lines([[reporting.Piece(json.dumps(whole, indent=1))]])


def patch(engine: Engine, found: Compared, *, painted: bool) -> Iterator[bytes]:
    """Yield unified diffs; for a terminal without what it would obey."""
    from hull.trials import texts
    from hull.trials.walking_contents import Contents

    with Contents(engine, found.row, found.view) as contents:
        shown = painted or sys.stdout.isatty()
        for piece in texts.patch(found.changes, contents):
            seen = texts.visible(piece) if shown else piece
            yield texts.painted(seen) if painted else seen


def wants_colour(word: str) -> bool:
    """Whether --color WORD means colours here: auto, where standard output is a terminal that shows them."""
    if word != "auto":
        return word == "always"
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

"""Keep what a try changed: a transaction on this machine's own files, whole or not at all.

`examine` looks and touches nothing; `keep` does it. The process is the caller: what it cannot do is told, and is left
to a parcel for root.
"""

import os
import time

from hull.engine import Engine
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.trials import conflicts, journal, journal_passes, journal_reading, journal_recovery, touchy, walking
from hull.trials.changes import ADDED, CHANGED, REMOVED, Change
from hull.trials.conflicts import Conflict, Known
from hull.trials.journal import PREPARING, Head
from hull.trials.journal_places import Places
from hull.trials.keeping_choosing import Chosen, Judge, Wanted, minor, select
from hull.trials.keeping_owners import Owners
from hull.trials.keeping_plans import Planner
from hull.trials.keeping_source import Source
from hull.trials.keeping_staging import Stager
from hull.trials.touchy import Touchy


class Examined(NamedTuple):
    """What a keep would do: `mine` by the caller, `root` by root alone; what speaks against it; what must be asked."""

    changes: list[Change]
    mine: list[Chosen]
    root: list[Chosen]
    conflicts: list[Conflict]
    touchy: list[Touchy]


def examine(engine: Engine, row: Container, wanted: Wanted, changes: list[Change] | None = None) -> Examined:
    """Compare what was chosen with the host as it is now."""
    every = walking.of_try(engine, row) if changes is None else changes
    places = Places()
    try:
        judge = Judge(places, owners(engine, row))
        chosen = [judge.judge(change) for change in select(every, wanted)]
        chosen = [one for one in chosen if not minor(one)]
        settled = Known.read(engine.paths.data, row.id)
        against = conflicts.of_keep(chosen, places, settled, wanted.force)
    finally:
        places.close()
    mine = [one for one in chosen if not one.root]
    found = touchy.find(mine, home(), os.environ.get("PATH", ""))
    return Examined(every, mine, [one for one in chosen if one.root], against, found)


def keep(engine: Engine, row: Container, examined: Examined, wanted: Wanted) -> Head:
    """Make the caller's part of it so. HostError, and nothing changed, where that cannot be."""
    places = Places()
    data = engine.paths.data
    try:
        rule = owners(engine, row)
        try:
            prepared = Planner(places, rule, examined.changes).plan(examined.mine, wanted.contents)
        except OSError as error:  # something changed since it was examined
            raise journal_passes.told(error) from error
        with journal.held(data):
            _none_unfinished(engine)
            _sweep(data)
            head = _head(journal_reading.next_id(data), row, examined.mine)
            plan = journal.begin(data, head, prepared.places, prepared.units)
            source = Source.of_try(engine, row, f"{plan.directory}/files", prepared.files)
            try:
                stager = Stager(rule, examined.mine, prepared, source, wanted.contents)
                return journal_passes.run(plan, stager).head
            finally:
                source.close()
    finally:
        places.close()


def owners(engine: Engine, row: Container) -> Owners:
    """Return whom the try's files belong to on the host."""
    return Owners.of(engine.identity(row.spec.userns))


def home() -> str:
    """Return the caller's home directory, by name: what is a start-up file lies there."""
    return os.path.realpath(os.path.expanduser("~"))


def _head(ident: str, row: Container, chosen: list[Chosen]) -> Head:
    added, changed, removed = (sum(one.change.kind == kind for one in chosen) for kind in (ADDED, CHANGED, REMOVED))
    now, token = time.time(), os.urandom(8).hex()
    return Head(ident, PREPARING, False, now, row.name, added, changed, removed, container=row.id, token=token)


def _none_unfinished(engine: Engine) -> None:
    """Take up what was cut off since this command began."""
    if journal.unfinished(engine.paths.data):
        journal_recovery.take_up(engine.paths.data, engine.events)


def _sweep(data: str) -> None:
    """Remove transactions that were never marked as under way; the lock is held."""
    for head in journal_reading.heads(data):
        if head.state == PREPARING and not head.passes:
            journal_passes.discard(f"{journal.home(data)}/{head.id}")

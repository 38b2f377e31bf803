"""Take a keep back, and do it again: the same transaction, the other way round."""

import os

from hull.engine import Engine
from hull.errors import UserError
from hull.light import NamedTuple
from hull.trials import conflicts, journal, journal_metadata, journal_passes, journal_reading, journal_recovery
from hull.trials.journal import SETTLED, Head, Place, Plan
from hull.trials.journal_places import Places
from hull.trials.keeping_choosing import spelt


class KeepRow(NamedTuple):
    """One keep, as `hull undo --list` shows it."""

    id: str
    created: float
    name: str
    added: int
    changed: int
    removed: int
    state: str


def rows(engine: Engine) -> list[KeepRow]:
    """Return every keep that can be undone or redone, the newest first."""
    return [
        KeepRow(h.id, h.made, h.name, h.added, h.changed, h.removed, "kept" if h.kept else "undone")
        for h in journal_reading.heads(engine.paths.data)
        if h.state == SETTLED
    ]


def undo(engine: Engine, ident: str = "", force: tuple[str, ...] = ()) -> Head:
    """Give the host back what it was before a keep, the last one that stands where none is named."""
    return _turn(engine, ident, force, kept=True)


def redo(engine: Engine, ident: str = "", force: tuple[str, ...] = ()) -> Head:
    """Do a keep again that was undone, the one that was undone last where none is named."""
    return _turn(engine, ident, force, kept=False)


def _turn(engine: Engine, ident: str, force: tuple[str, ...], *, kept: bool) -> Head:
    data, verb = engine.paths.data, "undo" if kept else "redo"
    with journal.held(data):
        if journal.unfinished(data):
            journal_recovery.take_up(data, engine.events)
        plan = journal_reading.read(data, ident or _last(data, kept=kept))
        if plan.head.kept != kept or plan.head.state != SETTLED:
            state = "is undone already" if kept else "was not undone"
            raise UserError(f"cannot {verb} {plan.head.id}: it {state}", "hull undo --list")
        places = Places()
        try:
            against = conflicts.of_undo(plan, places, _ours(data, plan.head.turned), force)
            conflicts.refuse(against, f"{verb} {plan.head.id}", lambda path: _way(verb, plan.head.id, path))
            plan = _as_now(plan, places, force)
        except OSError as error:
            raise journal_passes.told(error) from error
        finally:
            places.close()
        return journal_passes.run(journal.open_again(plan), journal_passes.bring).head


def _way(verb: str, ident: str, path: str) -> str:
    return f"look at them, then hull {verb} {ident} --force {path}, or --force all: what is there is saved, too"


def _last(data: str, *, kept: bool) -> str:
    heads = [head for head in journal_reading.heads(data) if head.kept == kept and head.state == SETTLED]
    if not heads:
        raise UserError(f"there is no keep to {'undo' if kept else 'redo'}", "hull undo --list")
    return heads[0].id if kept else max(heads, key=lambda head: head.turned).id


def _as_now(plan: Plan, places: Places, force: tuple[str, ...]) -> Plan:
    """Return the plan with the host as it is: what was forced, and directories in which other names came meanwhile."""
    units = []
    for unit in plan.units:
        try:
            found = places.home(unit.path).status()
        except PermissionError:
            above = os.path.dirname(unit.path)
            raise UserError(
                f"cannot look into {above!r}: its mode closes it to you",
                f"chmod u+rwx {spelt(above)}, then --force {spelt(above)}",
            ) from None
        except (FileNotFoundError, NotADirectoryError):
            above = os.path.dirname(unit.path)
            raise UserError(
                f"cannot change {unit.path!r}: its directory is gone", f"mkdir -p {spelt(above)}, then again"
            ) from None
        now = None if found is None else journal.Mark.of(found)
        as_left = now is not None and now.renamed(unit.here)
        units.append(unit._replace(here=now) if force or as_left else unit)
    return plan._replace(units=tuple(units), places=tuple(filter(None, (_place(places, one) for one in plan.places))))


def _ours(data: str, since: float) -> set[str]:
    """Return the paths that transactions of a later turn touched."""
    later = [journal_reading.read(data, h.id) for h in journal_reading.heads(data) if h.turned > since]
    return {path for plan in later for path in (*(u.path for u in plan.units), *(p.path for p in plan.places))}


def _place(places: Places, place: Place) -> Place | None:
    """Return a place as it is; its time goes back only where nothing else has changed it."""
    try:
        fd = journal_metadata.opened(places, place)
    except OSError:
        return None
    try:
        now = journal_metadata.of(os.fstat(fd))._replace(attributes=place.here.attributes)
    finally:
        os.close(fd)
    there = place.there
    if now.modified != place.here.modified:
        there = there._replace(modified=now.modified)
    if not place.asked:
        there = now._replace(modified=there.modified, accessed=there.accessed)
    return place._replace(here=now, there=there)

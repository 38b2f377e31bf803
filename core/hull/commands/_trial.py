"""Which try a verb means: the one that was named, else the latest. One without a name and without a change goes."""

import os

from hull.engine import Engine
from hull.errors import UserError
from hull.state.containers import Container, NoSuchContainer

INSIDE = "HULL_TRY"  # the variable that holds a try's name inside
PLACE = "tries"  # in the store: an empty file for each try that nobody named, until it has been looked at after its end
MOST_GONE = 16  # tries that their launchers have removed; past them one write to the disk forgets all their rows


def latest(engine: Engine, name: str = "") -> Container:
    """Return the try of that name, else the one that was made or went on last. UserError where there is none."""
    if name:
        row = engine.containers.find(name)
        if row.spec.trial is None:
            raise UserError(f"cannot use {row.name}: it is a container, no try", "hull ps -a --filter trial=true")
        return row
    found = every(engine)
    if not found:
        raise UserError("there is no try", "hull try COMMAND makes one")
    return found[0]


def every(engine: Engine) -> list[Container]:
    """Return the tries, those that were made or went on last first."""
    rows = [row for row in engine.containers.all() if row.spec.trial is not None]
    found = [row for row in rows if not engine.containers.forget_if_gone(row)]
    return sorted(found, key=lambda row: _went_on(engine, row), reverse=True)


def _went_on(engine: Engine, row: Container) -> float:
    """Return when a try was made or went on last."""
    from hull.trials import decided

    when = decided.when(engine.paths.container(row.id))
    return row.created if when is None else when


def is_passing(row: Container) -> bool:
    """Whether a try is to leave nothing behind if it changes nothing."""
    trial = row.spec.trial
    return not (row.spec.name or row.remove or row.spec.checkpoint or trial is None or trial.record)


def remember(engine: Engine, row: Container) -> None:
    """Note that a try starts which is to leave nothing behind if it changes nothing."""
    if not is_passing(row):
        return
    place = f"{engine.paths.data}/{PLACE}"
    os.makedirs(place, 0o700, exist_ok=True)
    os.close(os.open(f"{place}/{row.id}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def sweep(engine: Engine) -> None:
    """Remove the tries that nobody named, that have ended and in which nothing was changed.

    Rows of those that are gone wait until they are many: a start would pay the disk for each, and no verb shows them.
    """
    try:
        idents = os.listdir(f"{engine.paths.data}/{PLACE}")
    except OSError:
        return
    here = [ident for ident in idents if os.path.isdir(engine.paths.container(ident))]
    if len(idents) - len(here) > MOST_GONE:
        with engine.db.transaction():
            here = [ident for ident in idents if not is_gone(engine, ident)]
    for ident in here:
        try:
            row = engine.containers.find(ident)
        except NoSuchContainer:
            _forget(engine, ident)
            continue
        judge(engine, row)


def is_gone(engine: Engine, ident: str) -> bool:
    """Forget a try whose launcher has removed it, because nothing was changed; tell whether it had."""
    if os.path.isdir(engine.paths.container(ident)):
        return False
    engine.containers.forget(ident)
    _forget(engine, ident)
    return True


def judge(engine: Engine, row: Container) -> bool:
    """Remove an ended try that nobody named if nothing was changed in it; tell whether it was.

    One that somebody is busy with is left for the next time: a copy into it may take as long as its writer likes.
    """
    if not os.path.exists(f"{engine.paths.data}/{PLACE}/{row.id}"):
        return False
    try:
        with engine.containers.lock(row, wait=False):
            return _judge(engine, row)
    except BlockingIOError:
        return False


def _judge(engine: Engine, row: Container) -> bool:
    from hull.commands import rm

    found = engine.containers.status(row)
    if found.state != "exited" or found.active or engine.containers.starting(row, found):
        return False
    _forget(engine, row.id)
    if not is_untouched(engine, row):
        return False
    rm.remove(engine, engine.containers.desire(row, "removing"))
    return True


def is_untouched(engine: Engine, row: Container) -> bool:
    """Whether a try's layers hold nothing but the places that its start made."""
    from hull.state.snapshots import Snapshots
    from hull.storage import snapshots
    from hull.storage.trialupper import on_disk
    from hull.trials.walking_placeholders import PATHS

    if Snapshots(engine.db).stack(row.id).layers:
        return False
    try:
        upper = f"{engine.paths.container(row.id)}/upper"
        if row.config.layers:
            return snapshots.is_untouched(upper, row.config.layers, frozenset(PATHS))
        identity = engine.identity(row.spec.userns)
        return snapshots.is_untouched(upper, ("/",), frozenset(PATHS), owner=lambda one: on_disk(identity, one))
    except OSError:
        return False  # what other ids closed, a program has made


def _forget(engine: Engine, ident: str) -> None:
    from contextlib import suppress

    with suppress(FileNotFoundError):
        os.unlink(f"{engine.paths.data}/{PLACE}/{ident}")

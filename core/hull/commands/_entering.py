"""Enter a container: one that is there, or a new one of an image that is kept up for as long as somebody is in it."""

import os

from hull.commands import _container, _flags, _start, _words
from hull.commands import rm as rm_
from hull.commands._entered import Entered, hold
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Any
from hull.state.containers import Container, NoSuchContainer

OF_ALL = ("env", "env_file", "workdir", "user")  # what can be said of a container that is there already


def find(engine: Engine, word: str, flags: dict[str, Any]) -> Container | None:
    """Return the container of that name or id, None where the word is an image's."""
    try:
        row = engine.containers.find(word)
    except NoSuchContainer:
        return None
    said = [name for name, value in flags.items() if value not in (None, False, "", ()) and name not in OF_ALL]
    if said and flags.get("name") != row.name:
        flag = said[0].strip("_").replace("_", "-")
        raise UserError(
            f"cannot enter {row.name} with --{flag}: it is there already, as it was made",
            f"hull enter --name NEW --{flag} … {row.spec.image}",
        )
    return row


def enter(engine: Engine, word: str, *, keep: bool = False, **flags: Any) -> Entered:
    """Return the container that `word` names, up, with the flags of run; the caller leaves it."""
    row = find(engine, word, flags)
    if row is None:
        entered = _made(engine, word, keep=keep, flags=flags)
    else:
        entered = _found(engine, row)
        entered.env = _words.environment(flags.get("env", ()), flags.get("env_file", ()), dict(os.environ))
        entered.user = flags.get("user") or ""
    return entered


def waiting(row: Container) -> Container:
    """Return the row with nothing to execute: whose program is a shell that somebody left needs it no more."""
    return row._replace(spec=row.spec._replace(idle=True, interactive=False, tty=False))


def serves(row: Container) -> bool:
    """Whether the container's own program is worth starting without anybody at its terminal; a try's has been run."""
    return not (row.spec.idle or row.spec.interactive or row.spec.tty or row.spec.trial is not None)


def tried(engine: Engine, *, on: str = "", from_: str = "", **flags: Any) -> Container:
    """Return a try to be entered: the one of that name, else a new one with the flags of try."""
    from hull.commands import _trial, _trial_asked, _trial_making

    name = flags.get("name", "")
    if name and any(row.name == name for row in _trial.every(engine)):
        given = {**flags, "on": on, "from": from_}
        if said := [flag for flag, value in given.items() if flag != "name" and value not in (None, False, "", ())]:
            flag = said[0].strip("_").replace("_", "-")
            raise UserError(
                f"cannot go on in {name} with {flag}: that was decided when it was made",
                "leave it out, or give another name",
            )
        return _trial.latest(engine, name)
    rm_.sweep(engine)
    _trial_asked.refuse_inside()
    return _trial_making.made(engine, _trial_asked.asked((), **flags), on, from_)


def _found(engine: Engine, row: Container) -> Entered:
    from hull.commands import start

    if engine.containers.status(row).active:
        return Entered(engine, row, holder=None, started=False)
    if serves(row):
        start.begin(engine, row)
        if engine.containers.status(row).up:
            return Entered(engine, row, holder=None, started=True)
        raise UserError(f"cannot enter {row.name}: its program ended at once", f"hull logs {row.name}")
    with engine.containers.lock(row):
        steps = start.planned(engine, waiting(row), None)
        engine.containers.begin(row)
    return Entered(engine, row, holder=hold(engine, row, steps, row.name), started=False)


def _made(engine: Engine, image: str, *, keep: bool, flags: dict[str, Any]) -> Entered:
    spec = _flags.asked(image, (), **flags)
    if spec.restart != "no":
        raise UserError("cannot enter with --restart: it is up while somebody is in it", "leave out --restart")
    kept = keep or bool(spec.name)
    spec = spec._replace(idle=True, interactive=False, tty=False, remove=not kept)
    rm_.sweep(engine)
    row = _container.make(engine, spec)
    try:
        holder = hold(engine, row, _start.plan_of(engine, row), row.name)
        return Entered(engine, row, holder=holder, started=False, new=True)
    except BaseException:
        _container.discard(engine, row)
        raise

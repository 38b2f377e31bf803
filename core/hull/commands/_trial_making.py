"""Make a try: on this machine, on another try, or from an image or a container."""

import os

from hull.commands import _start, _trial, _trial_asked
from hull.commands._container import HOST, make
from hull.engine import Engine
from hull.errors import UserError
from hull.runtime.launch import Launch
from hull.runtime.ops import Op
from hull.state.containers import Container, NoSuchContainer


def made(engine: Engine, asked: _trial_asked.Asked, on: str, begin: str) -> Container:
    """Return the row of a new try: on this machine, on another try, or from an image or a container."""
    if on and begin:
        raise UserError("cannot use --on together with --from: both say what is below", "leave out one")
    origin = _trial.latest(engine, on.partition("@")[0]) if on else _container_of(engine, begin)
    _check_hidden(asked.trial.hide, (begin or HOST) if origin is None else origin.spec.image)
    if origin is None:
        return make(engine, _trial_asked.spec(engine, asked, begin or HOST))
    from hull.commands import _branching

    spec = _trial_asked.spec(engine, asked, origin.spec.image)
    if origin.spec.image != HOST:
        spec = spec._replace(env=(*origin.spec.env, *spec.env), workdir=spec.workdir or origin.spec.workdir)
    spec = spec._replace(user=origin.spec.user, stop_signal=origin.spec.stop_signal)
    return engine.containers.begin(_branching.make(engine, on or begin, spec))


def begun(
    engine: Engine, row: Container, asked: _trial_asked.Asked, steps: list[Op], *, detach: bool
) -> Launch | list[str]:
    """Return the launch of a planned start; detached, start it and return its id."""
    launch = _start.prepared(steps, ("hull", "try", *row.spec.command), row.id)
    _trial.remember(engine, row)
    _trial_asked.note(engine, row, asked)
    if not detach:
        return launch
    _start.detach(engine, row, launch)
    return [row.id]


def _check_hidden(paths: tuple[str, ...], image: str) -> None:
    """Refuse to hide what is not there: who mistypes a path would take it for hidden."""
    if paths and image != HOST:
        raise UserError(f"cannot hide {paths[0]}: nothing of this machine is in a try from {image}", "leave out --hide")
    for path in paths:
        if not os.path.lexists(path):
            raise UserError(f"cannot hide {path}: there is nothing of that name", "check the path")


def _container_of(engine: Engine, word: str) -> Container | None:
    """Return the container of that name, NAME or NAME@N; None where it is an image's."""
    try:
        return engine.containers.find(word.partition("@")[0]) if word else None
    except NoSuchContainer:
        return None

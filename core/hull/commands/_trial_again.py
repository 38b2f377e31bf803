"""Go on in a try that is there: one more program where it runs, else the next start with another command."""

from hull.commands import _trial, _trial_asked, _trial_box, _trial_making
from hull.commands import exec as exec_
from hull.commands import start as start_
from hull.commands._container import HOST
from hull.commands._recipe import Ran
from hull.commands._trial_asked import Asked
from hull.engine import Engine
from hull.errors import UserError
from hull.model import Spec, Trial
from hull.runtime import background, ops
from hull.runtime.detached import Detached
from hull.runtime.launch import Launch
from hull.runtime.plan import command
from hull.state.containers import Container

LIVE = ("running", "paused")


def go_on(engine: Engine, name: str, asked: Asked, *, detach: bool, plan: bool) -> Launch | list[str]:
    """Return the launch of a command in the try of that name; detached, its id."""
    row = _trial.latest(engine, name)
    if said := _decided(asked):
        raise UserError(
            f"cannot go on in {row.name} with {said}: that was decided when it was made",
            f"leave it out, or make a new try: hull try --on {row.name}",
        )
    if engine.containers.status(row).state in LIVE:
        if asked.keep:
            raise UserError(f"cannot keep what {row.name} changes: it runs, and may go on", "leave out --keep")
        return _join(engine, row, asked, detach=detach, plan=plan)
    with engine.containers.lock(row):
        changed = row._replace(spec=_changed(engine, row, asked))
        steps = start_.planned(engine, changed, Detached() if detach else None)
        steps += _trial_asked.ending(engine, changed, asked, detached=detach)
        if plan:
            return ops.describe(steps)
        engine.containers.respecify(row, changed.spec)
        engine.containers.begin(changed)
        return _trial_making.begun(engine, changed, asked, steps, detach=detach)


def _decided(asked: Asked) -> str:
    """Return the first flag that says what a try is made with, "" where none is there."""
    trial, limits = asked.trial, asked.limits
    flags = {
        "--name": asked.name,
        "--engine": trial.engine != "auto",
        "--egress": asked.egress,
        "--net": asked.network,
        "--rw": trial.writable,
        "--hide": trial.hide,
        "--show": trial.show,
        "--allow": trial.allow,
        "--profile": trial.profile,
        "--record": trial.record,
        "--checkpoint": asked.checkpoint,
        "--rm": asked.remove,
        "limits": limits.asked or asked.ulimits,
    }
    return next((flag for flag, value in flags.items() if value), "")


def _changed(engine: Engine, row: Container, asked: Asked) -> Spec:
    ran = _ran(engine, row, asked)
    return row.spec._replace(
        command=ran.words,
        env=ran.env if row.spec.image == HOST else (*row.spec.env, *ran.env),
        workdir=ran.workdir or row.spec.workdir,
        tty=asked.tty,
        interactive=asked.interactive,
    )


def _ran(engine: Engine, row: Container, asked: Asked) -> Ran:
    """Return the program that goes on; in an image nothing of the caller's surroundings comes with it.

    Where nothing is named it is the caller's shell, or what the image names: no words.
    """
    if row.spec.image != HOST:
        return Ran(asked.command, asked.env, asked.workdir)
    variables = _trial_box.variables(engine, row.spec.trial or Trial(), asked.env)
    return Ran(asked.command or _trial_asked.shell(), variables, asked.workdir or _trial_asked.here())


def _join(engine: Engine, row: Container, asked: Asked, *, detach: bool, plan: bool) -> Launch | list[str]:
    ran = _ran(engine, row, asked)
    ran = ran._replace(words=ran.words or command(row.spec._replace(command=()), row.config))
    if plan:
        status = engine.containers.status(row)
        return ops.describe(exec_.execution(engine, row, status, ran, interactive=asked.interactive, tty=asked.tty))
    noted = ran._replace(env=asked.env)
    steps = exec_.prepared(engine, row, ran, interactive=asked.interactive, tty=asked.tty, noted=noted)
    launch = Launch(ops.encode(steps), ("hull", "try", *ran.words), row.id)
    if not detach:
        return launch
    background.run(launch, steps)
    return [row.id]

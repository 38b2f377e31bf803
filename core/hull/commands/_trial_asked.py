"""What `hull try` is asked: flags become a spec."""

import os

from hull.commands import _flags, _limits, _trial, _words
from hull.commands._container import HOST
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, NamedTuple
from hull.model import Limits, Spec, Trial, Ulimit
from hull.runtime import ops
from hull.state.containers import Container

Many = tuple[str, ...]


class Asked(NamedTuple):
    """What was said, checked. `network` is "" where nothing was said; `env` are assignments, `passed` names."""

    command: Many
    name: str
    trial: Trial
    network: str
    egress: Many
    env: Many
    workdir: str
    interactive: bool
    tty: bool
    limits: Limits
    ulimits: tuple[Ulimit, ...]
    checkpoint: str
    remove: bool
    keep: bool
    report: bool


def asked(
    command: Annotated[Many, Word("program and arguments; your shell if none", rest=True)] = (),
    *,
    name: Annotated[str, Flag("name it", metavar="NAME")] = "",
    engine_: Annotated[
        str,
        Flag(
            "who serves the files below the changes",
            metavar="ENGINE",
            choices=("auto", "kernel", "fuse"),
            long="engine",
        ),
    ] = "auto",
    net: Annotated[bool, Flag("give it a network with a way out; else it has loopback alone")] = False,
    egress: Annotated[
        Many, Flag("with a network, reach this and nothing else", metavar="HOST:PORT[/udp]", complete="egress")
    ] = (),
    rw: Annotated[Many, Flag("let it change this directory for real", metavar="PATH", complete="path")] = (),
    hide: Annotated[Many, Flag("show nothing of this path", metavar="PATH", complete="path")] = (),
    show: Annotated[Many, Flag("show this path, a secret too", metavar="PATH", complete="path")] = (),
    allow: Annotated[Many, Flag("open a hole by name: ssh-agent, dbus, …; `list` shows all", metavar="HOLE")] = (),
    profile: Annotated[str, Flag("what it may see and do; `list` shows all", metavar="NAME")] = "",
    env: Annotated[Many, Flag("set a variable; NAME alone passes the caller's", "e", "NAME[=VALUE]")] = (),
    workdir: Annotated[str, Flag("start in this directory, not the current one", "w", "DIR")] = "",
    record: Annotated[bool, Flag("keep the commands for hull recipe")] = False,
    checkpoint: Annotated[str, Flag("make checkpoints at every command's end", metavar="WHEN", choices=("auto",))] = "",
    rm: Annotated[bool, Flag("drop it when it ends")] = False,
    keep: Annotated[bool, Flag("keep everything at the end, if the program ends with 0")] = False,
    report: Annotated[
        bool | None, Flag("say at the end what was changed (the default on a terminal); --no-report does not")
    ] = None,
    interactive: Annotated[bool, Flag("keep standard input open (it always is)", "i")] = False,
    tty: Annotated[
        bool | None,
        Flag("the program gets the terminal's foreground; so it does where all streams are a terminal", "t"),
    ] = None,
    memory: Annotated[str | None, Flag("limit memory", "m", "SIZE")] = None,
    cpus: Annotated[float | None, Flag("limit processor time, in cores", metavar="N")] = None,
    pids_limit: Annotated[int | None, Flag("limit the number of processes", metavar="N")] = None,
    ulimit: Annotated[Many, Flag("set a resource limit", metavar="NAME=SOFT[:HARD]")] = (),
) -> Asked:
    """Return what the words and flags of a try ask for."""
    if keep and rm:
        raise UserError("cannot use --keep together with --rm: one takes what the other throws away", "leave out one")
    hidden, shown = (tuple(map(_path, paths)) for paths in (hide, show))
    writable = tuple(
        f"{_path(path)}{':force' * (path != word)}" for word in rw for path in (word.removesuffix(":force"),)
    )
    trial = Trial(engine_, profile, hidden, shown, writable, allow, record)
    return Asked(
        command=command,
        name=_flags.container_name(name),
        trial=trial,
        network="default" if net or egress else "",
        egress=_flags.reached(egress),
        env=_words.environment(env, (), dict(os.environ)),
        workdir=_path(workdir) if workdir else "",
        interactive=interactive,
        tty=_is_terminal() if tty is None else tty,
        limits=_limits.read(memory=memory, cpus=cpus, pids_limit=pids_limit),
        ulimits=tuple(_words.ulimit(word) for word in ulimit),
        checkpoint=checkpoint,
        remove=rm,
        keep=keep,
        report=os.isatty(2) if report is None else report,
    )


def _has_layers(engine: Engine, row: Container) -> bool:
    """Whether a try stands on frozen layers, which are let go with its row."""
    from hull.state.snapshots import Snapshots

    return bool(Snapshots(engine.db).stack(row.id).layers)


def refuse_inside() -> None:
    """Refuse a try in a try: nothing in it may make namespaces."""
    name = os.environ.get(_trial.INSIDE, "")
    if name:
        raise UserError(
            f"cannot try inside the try {name}: no namespace can be made in a try",
            f"leave it first; hull try --on {name} makes one on top of it",
        )


def spec(engine: Engine, asked: Asked, image: str = HOST) -> Spec:
    """Return the spec of a new try, its profile settled."""
    from hull.commands import _trial_box

    made = _trial_box.settled(
        engine,
        Spec(
            image=image,
            name=asked.name,
            command=asked.command or (shell() if image == HOST else ()),
            workdir=asked.workdir or (here() if image == HOST else None),
            hostname=os.uname().nodename if image == HOST else None,
            security=("no-new-privileges",),
            network=asked.network or "none",
            egress=asked.egress,
            tty=asked.tty,
            interactive=asked.interactive,
            limits=asked.limits,
            ulimits=asked.ulimits,
            remove=asked.remove,
            trial=asked.trial,
            checkpoint=asked.checkpoint,
        ),
    )
    if image != HOST:  # an image has variables of its own
        return made._replace(env=asked.env)
    return made._replace(env=_trial_box.variables(engine, made.trial or Trial(), asked.env))


def note(engine: Engine, row: Container, asked: Asked) -> None:
    """Keep the command of this start for `hull recipe`, where that was asked."""
    if row.spec.trial is None or not row.spec.trial.record:
        return
    from hull.commands import _recipe

    _recipe.note(engine, row, _recipe.Ran(row.spec.command, asked.env, row.spec.workdir or ""))


def ending(engine: Engine, row: Container, asked: Asked, *, detached: bool) -> tuple[ops.Op, ...]:
    """Return the ops of the end: nothing is left where nothing was changed, then the launcher reports or keeps."""
    if detached or row.remove:
        return ()
    removal: tuple[ops.Op, ...] = ()
    if _trial.is_passing(row) and row.spec.image == HOST and not _has_layers(engine, row):
        removal = (("remove-untouched", engine.paths.container(row.id)),)
    if not (asked.keep or asked.report):
        return removal
    from hull.commands import _trial_ended

    return (*removal, *_trial_ended.program(row, keep=asked.keep))


def shell() -> Many:
    """Return the caller's shell, as a command."""
    return (os.environ.get("SHELL") or "/bin/sh",)


def here() -> str:
    """Return the current directory."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise UserError("cannot try here: the current directory was removed", "cd to another, or take -w DIR") from None


def _is_terminal() -> bool:
    return all(os.isatty(stream) for stream in (0, 1, 2))


def _path(text: str) -> str:
    path = os.path.expanduser(text)
    return os.path.normpath(path if path.startswith("/") else f"{here()}/{path}")

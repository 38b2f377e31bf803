"""hull exec: one more program in a running container."""

import os

from hull.commands import _proxies, _recipe, _words
from hull.commands._container import HOST
from hull.commands._recipe import Ran
from hull.commands._start import confinement
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import Annotated, Any
from hull.model import Spec
from hull.runtime import detached, ops, plan
from hull.runtime.launch import Launch
from hull.runtime.ops import Op
from hull.state import lifecycle
from hull.state.containers import Container
from hull.state.status import Status

Many = tuple[str, ...]


def exec_(
    engine: Engine,
    container: Annotated[str, Word("name or id of a running container", complete="container")],
    command: Annotated[Many, Word("program and arguments", rest=True)] = (),
    *,
    detach: Annotated[bool, Flag("do not wait for it; its output goes nowhere", "d")] = False,
    interactive: Annotated[bool, Flag("keep standard input open (it always is, in the foreground)", "i")] = False,
    tty: Annotated[
        bool, Flag("the program gets the terminal's foreground, or a terminal of its own in a pipe", "t")
    ] = False,
    env: Annotated[Many, Flag("set a variable; NAME alone passes the caller's", "e", "NAME[=VALUE]")] = (),
    env_file: Annotated[Many, Flag("read variables from a file", metavar="FILE", complete="path")] = (),
    workdir: Annotated[str | None, Flag("start in this directory", "w", "DIR")] = None,
    user: Annotated[str | None, Flag("become this user", "u", "NAME|UID[:GROUP|GID]")] = None,
) -> Launch | None:
    """Run one more program in a running container."""
    if not command:
        raise UserError("cannot exec: no command given", "hull exec CONTAINER COMMAND [ARG…]")
    more = _words.environment(env, env_file, dict(os.environ))
    row = engine.containers.find(container)
    made = prepared(engine, row, Ran(command, more, workdir or "", user or ""), interactive=interactive, tty=tty)
    launch = Launch(ops.encode(made), ("hull", "exec", container, *command), row.id)
    if not detach:
        return launch
    from hull.runtime import background

    try:
        background.run(launch, made)
    except HostError:
        if not engine.containers.status(row).up:
            raise UserError(f"cannot exec in {row.name}: it has just ended", f"hull start {row.name}") from None
        raise
    return None


def prepared(
    engine: Engine,
    row: Container,
    ran: Ran,
    words: tuple[Op, ...] = (),
    *,
    interactive: bool = True,
    tty: bool = False,
    privileged: bool = False,
    noted: Ran | None = None,
    told: bool = False,
) -> list[Op]:
    """Return the plan of one more program in a running container, told to `hull events` unless it was.

    `words` are its streams and arguments where they are more than `ran.words`; `noted` is what `hull recipe` is to
    know of it, else `ran`. `privileged` is as a client of Docker's API asks: all that the container's root can have.
    """
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "exec")
    steps = execution(engine, row, status, ran, words, interactive=interactive, tty=tty, privileged=privileged)
    if row.spec.checkpoint:
        from hull.trials import history

        steps = [*history.before(engine, row, " ".join((noted or ran).words)), *steps]
    if not told:
        ident = os.urandom(32).hex()
        tell(engine, row, f"exec_create: {' '.join(ran.words)}", ident)
        tell(engine, row, f"exec_start: {' '.join(ran.words)}", ident)
    _recipe.note(engine, row, noted or ran)
    return steps


def ended(engine: Engine, name: str, text: str, code: int) -> None:
    """Make the checkpoint of --checkpoint auto after `text`, a command that no program of its own ran, as a cell."""
    from hull.trials import history

    row = engine.containers.find(name)
    if engine.containers.status(row).up:
        said = (line for line in map(str.strip, text.splitlines()) if line and line[0] != "#")
        history.boundary(engine, row, next(said, "a cell"), code)


def execution(
    engine: Engine,
    row: Container,
    status: Status,
    ran: Ran,
    words: tuple[Op, ...] = (),
    *,
    interactive: bool = True,
    tty: bool = False,
    privileged: bool = False,
) -> list[Op]:
    """Return that plan; nothing is noted."""
    of_try: dict[str, Any] = {}
    if row.spec.trial is not None:
        from hull.commands import _trial_root

        of_try = _trial_root.entered(engine.paths.container(row.id))
    spec = row.spec._replace(
        env=(*of_try.get("env", ()), *row.spec.env, *ran.env),
        workdir=ran.workdir or row.spec.workdir,
        user=ran.user or row.spec.user,
        interactive=interactive,
        tty=tty,
        privileged=privileged or row.spec.privileged,
    )
    flavour = engine.identity(spec.userns).flavour
    home = os.environ.get("HOME", "") if spec.image == HOST and spec.trial is None else ""
    config, confined, umask = row.config, confinement(spec, flavour), of_try.get("umask", plan.UMASK)
    program = plan.program(_proxies.added(engine, spec), config, row.id, confined, flavour, home, umask=umask)
    init = (status.init.pid, status.init.start)
    arguments = words or tuple(("arg", word) for word in ran.words)
    return plan.execution(spec, arguments, init, program, _cgroup(engine, spec, status.init.pid))


def tell(engine: Engine, row: Container, action: str, ident: str, **more: str) -> None:
    """Tell `hull events` what becomes of one more program, which has this id."""
    attributes = {**detached.attributes(row.spec, row.name), "execID": ident, **more}
    engine.history.add("container", action, row.id, attributes)


def _cgroup(engine: Engine, spec: Spec, pid: int) -> str:
    """Return the limited container's control group: one more program is bound by the same limits."""
    if not spec.limits.asked:
        return ""
    from hull.runtime import membership

    return membership.bring(pid, resident=engine.resident)

"""hull exec: one more program in a running container."""

import os

from hull.commands import _proxies, _recipe, _words
from hull.commands._container import HOST
from hull.commands._start import confinement
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import Annotated
from hull.model import Spec
from hull.runtime import detached, ops, plan
from hull.runtime.launch import Launch
from hull.state import lifecycle
from hull.state.containers import Container

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
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "exec")
    spec = row.spec._replace(
        env=(*row.spec.env, *_words.environment(env, env_file, dict(os.environ))),
        workdir=workdir if workdir is not None else row.spec.workdir,
        user=user if user is not None else row.spec.user,
        interactive=interactive,
        tty=tty,
    )
    flavour = engine.identity(spec.userns).flavour
    home = os.environ.get("HOME", "") if spec.image == HOST else ""
    program = plan.program(_proxies.added(engine, spec), row.config, row.id, confinement(spec, flavour), flavour, home)
    cgroup = _cgroup(engine, spec, status.init.pid)
    steps = plan.execution(spec, command, (status.init.pid, status.init.start), program, cgroup)
    _tell(engine, row, command)
    _recipe.note(engine, row, _recipe.Ran(command, spec.env[len(row.spec.env) :], workdir or "", user or ""))
    launch = Launch(ops.encode(steps), ("hull", "exec", container, *command), row.id)
    if not detach:
        return launch
    from hull.runtime import background

    try:
        background.run(launch, steps)
    except HostError:
        if not engine.containers.status(row).up:
            raise UserError(f"cannot exec in {row.name}: it has just ended", f"hull start {row.name}") from None
        raise
    return None


def _tell(engine: Engine, row: Container, command: Many) -> None:
    words = " ".join(command)
    attributes = {**detached.attributes(row.spec, row.name), "execID": os.urandom(32).hex()}
    for action in ("exec_create", "exec_start"):
        engine.history.add("container", f"{action}: {words}", row.id, attributes)


def _cgroup(engine: Engine, spec: Spec, pid: int) -> str:
    """Return the limited container's control group: one more program is bound by the same limits."""
    if not spec.limits.asked:
        return ""
    from hull.runtime import membership

    return membership.bring(pid, resident=engine.resident)

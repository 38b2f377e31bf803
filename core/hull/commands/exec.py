"""hull exec: one more program in a running container."""

import os

from hull.commands import _words
from hull.commands._container import HOST
from hull.commands._start import confinement
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.model import Spec
from hull.runtime import ops, plan
from hull.runtime.launch import Launch

Many = tuple[str, ...]


def exec_(
    engine: Engine,
    container: Annotated[str, Word("name or id of a running container", complete="container")],
    command: Annotated[Many, Word("program and arguments", rest=True)] = (),
    *,
    interactive: Annotated[bool, Flag("keep standard input open (it always is, in the foreground)", "i")] = False,
    tty: Annotated[
        bool, Flag("the program gets the terminal's foreground, or a terminal of its own in a pipe", "t")
    ] = False,
    env: Annotated[Many, Flag("set a variable; NAME alone passes the caller's", "e", "NAME[=VALUE]")] = (),
    env_file: Annotated[Many, Flag("read variables from a file", metavar="FILE", complete="path")] = (),
    workdir: Annotated[str | None, Flag("start in this directory", "w", "DIR")] = None,
    user: Annotated[str | None, Flag("become this user", "u", "NAME|UID[:GROUP|GID]")] = None,
) -> Launch:
    """Run one more program in a running container."""
    if not command:
        raise UserError("cannot exec: no command given", "hull exec CONTAINER COMMAND [ARG…]")
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    if status.state != "running":
        raise UserError(f"cannot exec in {row.name}: it is {status.state}", "hull ps lists the running ones")
    spec = row.spec._replace(
        env=(*row.spec.env, *_words.environment(env, env_file, dict(os.environ))),
        workdir=workdir if workdir is not None else row.spec.workdir,
        user=user if user is not None else row.spec.user,
        interactive=interactive,
        tty=tty,
    )
    flavour = engine.identity(spec.userns).flavour
    home = os.environ.get("HOME", "") if spec.image == HOST else ""
    program = plan.program(spec, row.config, row.id, confinement(spec, flavour), flavour, home)
    cgroup = _cgroup(engine, spec, status.init.pid)
    steps = plan.execution(spec, command, (status.init.pid, status.init.start), program, cgroup)
    return Launch(ops.encode(steps), ("hull", "exec", container, *command), row.id)


def _cgroup(engine: Engine, spec: Spec, pid: int) -> str:
    """Return the limited container's control group: one more program is bound by the same limits."""
    if not spec.limits.asked:
        return ""
    from hull.runtime import membership

    return membership.bring(pid, resident=engine.resident)

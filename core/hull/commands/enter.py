"""hull enter: be in a container."""

import os

from hull import log
from hull.commands import _entering, _flags
from hull.commands._recipe import Ran
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.light import Annotated, Any
from hull.runtime import ops
from hull.runtime.launch import Launch
from hull.state.containers import Container

SHELL = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec sh")


@takes(_flags.asked)
def enter(
    engine: Engine,
    place: Annotated[str, Word("a container by its name, or an image", metavar="CONTAINER|IMAGE", complete="place")],
    *,
    keep: Annotated[bool, Flag("keep the new container, stopped, when it is left; so does --name")] = False,
    **flags: Any,
) -> Launch | list[str]:
    """Be in a container: what is run from now on runs there.

    In xonsh the shell itself goes in: commands, pipelines, cd, * and > are the container's, exit or Ctrl-D comes back.
    Elsewhere it is a shell inside, bash where there is one. A container is left as it was found: one that runs runs
    on. A new one is removed, unless --keep or --name kept it; the flags of run are for it. A shell's own functions
    begin with `eval "$(hull init bash)"`.
    """
    row = _entering.find(engine, place, flags)
    terminal = os.isatty(0) and os.isatty(1)
    if row is None:
        from hull.commands.run import run

        given = {**flags, "entrypoint": "", "interactive": True, "tty": terminal, "rm": not (keep or flags.get("name"))}
        made: Launch | list[str] = run(engine, place, SHELL, **given)
        return made
    return _inside(engine, row, flags, terminal=terminal)


def _inside(engine: Engine, row: Container, flags: dict[str, Any], *, terminal: bool) -> Launch:
    """Return the start of a shell in a container that is there; one that does not run is started."""
    from hull.commands import _words, start
    from hull.commands import exec as exec_

    if not engine.containers.status(row).active:
        start.begin(engine, row if _entering.serves(row) else _entering.waiting(row))
        engine.events(log.Event("note", row.name, f"{row.name} was started and runs on: hull stop {row.name} ends it"))
    env = _words.environment(flags.get("env", ()), flags.get("env_file", ()), dict(os.environ))
    term = os.environ.get("TERM")
    if terminal and term:
        env = (f"TERM={term}", *env)
    ran = Ran(SHELL, env, flags.get("workdir") or "", flags.get("user") or "")
    steps = exec_.prepared(engine, row, ran, tty=terminal, noted=ran._replace(words=("sh",)))
    return Launch(ops.encode(steps), ("hull", "enter", row.name), row.id)

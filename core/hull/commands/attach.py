"""hull attach: be at a detached container's streams."""

from hull.commands import _life
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.runtime import detached, ops
from hull.runtime.launch import Launch
from hull.state import lifecycle


def attach(
    engine: Engine,
    container: Annotated[str, Word("name or id of a running container", complete="container")],
    *,
    no_stdin: Annotated[bool, Flag("only look: send no input")] = False,
    detach_keys: Annotated[str, Flag("leave it running when these are typed; none are", metavar="KEYS")] = "",
    sig_proxy: Annotated[bool, Flag("forward signals to the program")] = True,
) -> Launch:
    """Show a detached container's output, give it input, end as it ends."""
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "attach")
    if not status.monitor.pid:
        raise UserError(
            f"cannot attach to {row.name}: it runs in the foreground, where it was started",
            f"hull exec {row.name} starts one more program in it; hull run -d starts what can be attached to",
        )
    stdin = row.spec.interactive and not no_stdin
    options = _life.attach_options(stdin=stdin, signals=sig_proxy, keys=detach_keys)
    engine.history.add("container", "attach", row.id, detached.attributes(row.spec, row.name))
    steps = detached.attach(row.spec, engine.paths.container(row.id), options)
    return Launch(ops.encode(steps), ("hull", "attach", container), row.id)

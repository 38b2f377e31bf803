"""hull run: a new container, in the foreground or detached."""

from hull.commands import _container, _flags, _life, _start
from hull.commands import rm as rm_
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any
from hull.model import Spec
from hull.runtime import ops
from hull.runtime.detached import Detached
from hull.runtime.launch import Launch

Many = tuple[str, ...]


@takes(_flags.asked)
def run(
    engine: Engine,
    image: Annotated[str, Word("image to start from; `host` is this machine, copy-on-write", complete="image")],
    command: Annotated[Many, Word("program and arguments; the image's own if none", rest=True)] = (),
    *,
    detach: Annotated[bool, Flag("leave it to a monitor, print its id", "d")] = False,
    detach_keys: Annotated[str, Flag("leave it running when these are typed; none are", metavar="KEYS")] = "",
    sig_proxy: Annotated[bool, Flag("forward signals to the program (as it is, without a monitor)")] = True,
    cidfile: Annotated[str, Flag("write the container's id to a new file", metavar="FILE", complete="path")] = "",
    plan: Annotated[bool, Flag("print the plan, start nothing")] = False,
    **flags: Any,
) -> Launch | list[str]:
    """Run a program in a new container."""
    spec = _flags.asked(image, command, **flags)
    _flags.free(cidfile)
    options = _life.attach_options(stdin=spec.interactive, signals=sig_proxy, keys=detach_keys)
    if detach and detach_keys:
        raise UserError("cannot use --detach-keys together with --detach", "hull attach takes --detach-keys")
    watched = detach or _watched(spec) or bool(detach_keys)
    rm_.sweep(engine)
    row = _container.make(engine, spec)
    try:
        steps = _start.plan_of(engine, row, Detached(None if detach else options) if watched else None)
    except BaseException:
        _container.discard(engine, row)
        raise
    if plan:
        _container.discard(engine, row)
        return ops.describe(steps)
    _flags.write_cid(cidfile, row.id)
    launch = _start.prepared(engine, steps, ("hull", "run", spec.image, *spec.command), row.id)
    if not detach:
        return launch
    _start.detach(engine, row, launch)
    return [row.id]


def _watched(spec: Spec) -> bool:
    """Whether a container in the foreground needs a monitor: something that was asked is the monitor's work."""
    return (
        spec.restart != "no" or bool(spec.log_driver or spec.log_options) or bool(spec.health and spec.health.command)
    )

"""hull run: a new container, in the foreground or detached."""

from hull.commands import _container, _flags, _life, _start
from hull.commands import rm as rm_
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.errors import NotHere, UserError
from hull.light import Annotated, Any
from hull.model import Spec
from hull.runtime import ops
from hull.runtime.detached import Detached
from hull.runtime.launch import Launch
from hull.state.containers import Container

Many = tuple[str, ...]


@takes(_flags.asked)
def run(
    engine: Engine,
    image: Annotated[str, Word("image to start from; `host` is this machine, copy-on-write", complete="image")],
    command: Annotated[Many, Word("program and arguments; the image's own if none", rest=True)] = (),
    *,
    detach: Annotated[bool, Flag("leave it to a monitor, print its id", "d")] = False,
    attach: Annotated[
        Many, Flag("be at these streams only; the log has all", "a", "STREAM", choices=("stdin", "stdout", "stderr"))
    ] = (),
    detach_keys: Annotated[str, Flag("leave it running when these are typed; none are", metavar="KEYS")] = "",
    sig_proxy: Annotated[bool, Flag("forward signals to the program; without, they end the client only")] = True,
    cidfile: Annotated[str, Flag("write the container's id to a new file", metavar="FILE", complete="path")] = "",
    plan: Annotated[bool, Flag("print the plan, start nothing")] = False,
    **flags: Any,
) -> Launch | list[str]:
    """Run a program in a new container."""
    spec = _flags.asked(image, command, **flags)
    _flags.free(cidfile)
    client = _client(spec, attach, keys=detach_keys, signals=sig_proxy, detach=detach)
    feeds = set(attach) == {"stdin"}
    if feeds and engine.resident:
        raise UserError("cannot give a container this shell's own input", "hull run -d -i …, then hull attach NAME")
    rm_.sweep(engine)
    row = _container.make(engine, spec)
    try:
        steps = _start.plan_of(engine, row, client)
    except BaseException as error:
        if detach and not plan and isinstance(error, NotHere):
            return _elsewhere_or_not_at_all(engine, row, cidfile)
        _container.discard(engine, row)
        raise
    if plan:
        _container.discard(engine, row)
        return ops.describe(steps)
    _flags.write_cid(cidfile, row.id)
    launch = _start.prepared(steps, ("hull", "run", spec.image, *spec.command), row.id)
    if not (detach or feeds):
        return launch
    _start.detach(engine, row, launch)
    return _feed(engine, row) if feeds else [row.id]


def _client(spec: Spec, streams: Many, *, keys: str, signals: bool, detach: bool) -> Detached | None:
    """Return what stands beside the container and who is at its streams; None: nobody, they are the shell's own."""
    if detach and keys:
        raise UserError(
            "cannot use --detach-keys together with --detach: nobody is there to type them",
            "leave out one of them; hull attach takes --detach-keys",
        )
    if detach and streams:
        raise UserError(
            f"cannot use --attach {streams[0]} together with --detach: one stays at the streams, the other leaves them",
            "leave out one of them; hull attach and hull logs come back to what was detached",
        )
    if detach or set(streams) == {"stdin"}:
        return Detached()
    if not (_watched(spec) or keys or streams or not signals):
        return None
    stdin = spec.interactive and (not streams or "stdin" in streams)
    without = tuple(stream for stream in ("stdout", "stderr") if streams and stream not in streams)
    return Detached(_life.attach_options(stdin=stdin, signals=signals, keys=keys, without=without))


def _elsewhere_or_not_at_all(engine: Engine, row: Container, cidfile: str) -> list[str]:
    from hull.commands import _elsewhere

    try:
        _elsewhere.start(engine, row)
    except BaseException:
        if not _elsewhere.launched(engine, row):
            _container.discard(engine, row)
        raise
    _flags.write_cid(cidfile, row.id)
    return [row.id]


def _feed(engine: Engine, row: Container) -> list[str]:
    """Give the container this process's input to its end."""
    from contextlib import suppress

    from hull.runtime import control, feed

    if row.spec.interactive:
        with suppress(control.Gone):
            feed.copy(engine.paths.container(row.id))
    return [row.id]


def _watched(spec: Spec) -> bool:
    """Whether a container in the foreground needs a monitor: something that was asked is the monitor's work."""
    return (
        spec.restart != "no" or bool(spec.log_driver or spec.log_options) or bool(spec.health and spec.health.command)
    )

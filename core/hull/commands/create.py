"""hull create: a container that `start` starts."""

from hull.commands import _container, _flags, _start
from hull.commands import rm as rm_
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.light import Annotated, Any
from hull.model import Spec
from hull.state.containers import Container

Many = tuple[str, ...]


@takes(_flags.asked)
def create(
    engine: Engine,
    image: Annotated[str, Word("image to start from; `host` is this machine, copy-on-write", complete="image")],
    command: Annotated[Many, Word("program and arguments; the image's own if none", rest=True)] = (),
    *,
    cidfile: Annotated[str, Flag("write the container's id to a new file", metavar="FILE", complete="path")] = "",
    **flags: Any,
) -> list[str]:
    """Create a container, start nothing; print its id."""
    spec = _flags.asked(image, command, **flags)
    _flags.free(cidfile)
    row = made(engine, spec)
    _flags.write_cid(cidfile, row.id)
    return [row.id]


def promised(engine: Engine, spec: Spec) -> Container:
    """Return a new container on networks that need not be there before its start."""
    row = made(engine, spec._replace(network="none", networks=(), ports=()))
    return engine.containers.respecify(
        row, row.spec._replace(network=spec.network, networks=spec.networks, ports=spec.ports)
    )


def made(engine: Engine, spec: Spec) -> Container:
    """Return a new container that `start` could start now; nothing is left of one that it could not."""
    rm_.sweep(engine)
    row = _container.make(engine, spec)
    try:
        _start.check(engine, row)
    except BaseException:
        _container.discard(engine, row)
        raise
    return engine.containers.desire(row, "stopped")

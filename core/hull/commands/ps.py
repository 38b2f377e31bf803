"""hull ps: the containers."""

from collections.abc import Iterator

from hull.commands._listing import UP, ContainerRow, row_of
from hull.commands._verb import Flag
from hull.commands.rm import clean
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.state.containers import Container
from hull.state.status import Status

Many = tuple[str, ...]


def ps(
    engine: Engine,
    *,
    all: Annotated[bool, Flag("show those that have ended, too", "a")] = False,
    filter: Annotated[Many, Flag("show only some: status=exited, label=a=b, name=…", "f", "KEY=VALUE")] = (),
    last: Annotated[int, Flag("show the last created, whatever their state", "n", "NUMBER")] = -1,
    latest: Annotated[bool, Flag("show the last created one; the same as -n 1", "l")] = False,
    size: Annotated[bool, Flag("show sizes: own files, and with the image's", "s")] = False,
    quiet: Annotated[bool, Flag("print ids only", "q")] = False,
    no_trunc: Annotated[bool, Flag("do not shorten ids and commands")] = False,
    all_contexts: Annotated[bool, Flag("ask every context, side by side")] = False,  # noqa: ARG001 (the front does)
) -> list[ContainerRow] | list[str]:
    """List containers.

    Filters: id, name, label, exited, status, ancestor, before, since, volume, network, publish, expose, health.
    """
    most = 1 if latest else last
    if most < -1:
        raise UserError(f"cannot show the last {most} containers", "-n takes a number from 0; -1 shows all")
    pairs = list(chosen(engine, filter, everything=all or most > 0, most=most))
    if quiet:
        return [container.id if no_trunc else container.id[:12] for container, _ in pairs]
    return [row_of(engine, container, status, whole=no_trunc, sized=size) for container, status in pairs]


def chosen(
    engine: Engine, words: tuple[str, ...], *, everything: bool, most: int
) -> Iterator[tuple[Container, Status]]:
    """Yield the containers that --filter's words let through, the newest first; `most` of them, -1 for all."""
    filters = None
    if words:
        from hull.commands._filters import Filters

        filters = Filters(engine, words)
        everything = everything or filters.everything
    count = 0
    for container, status in present(engine):
        if (everything or status.state in UP) and (filters is None or filters.match(container, status)):
            yield container, status
            count += 1
            if count == most:
                return


def present(engine: Engine) -> Iterator[tuple[Container, Status]]:
    """Yield every container with its status, the newest first; what --rm should have removed is cleaned on the way."""
    for container in engine.containers.all():
        status = engine.containers.status(container)
        if status.state == "gone":
            engine.containers.forget_if_gone(container)
        elif status.state == "exited" and container.remove and not status.active:
            clean(engine, container, status)
        else:
            yield container, status
